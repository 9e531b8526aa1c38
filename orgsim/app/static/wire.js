/* The line to the server: asks go out, the newest one counts, and a line that breaks is mended by itself.

   While a lever is dragged, asks come faster than first looks. The next ask waits until the one before has had its
   first look (or WAIT has passed): cancelling each before it answers would leave the reader with nothing to see. */

const WAIT = 400; // milliseconds after which a first look is no longer waited for
// What a message of a type answers.
const OF = { answer: "ask", why: "why", story: "follow", report: "report", progress: "report", draws: "draws" };
const AGAIN = [250, 500, 1000, 2000, 4000]; // milliseconds before each attempt to mend the line

export class Wire {
  /* on: {answer, problem, story, why, refused: called with the message; state: called with "open" or "lost"} */
  constructor(on) {
    this.on = on;
    this.id = 0;
    this.newest = {}; // type of ask -> id of the newest
    this.waiting = null; // the ask that goes out next
    this.looked = true; // whether the ask that is out has had its first look
    this.out = 0; // id of the ask that went out last
    this.shown = 0; // id of the newest answer there was
    this.attempts = 0;
    this.busy = false;
    this.state = "opening";
    this.#open();
  }

  /* Ask; the answer to any earlier ask is no longer wanted. */
  ask(message) {
    this.id += 1;
    this.newest.ask = this.id;
    this.waiting = { type: "ask", id: this.id, ...message };
    this.#next();
  }

  /* Ask for a story or for reasons. */
  request(type, message) {
    this.id += 1;
    this.newest[type] = this.id;
    this.#send({ type, id: this.id, ...message });
  }

  #open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/live`);
    this.socket.addEventListener("open", () => {
      this.looked = true;
      this.#state("open");
    });
    this.socket.addEventListener("message", (event) => this.#heard(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => this.#lost());
  }

  #lost() {
    clearTimeout(this.timer);
    if (!this.busy) this.#state("lost"); // a server with too many pages has said so, and is asked again later
    this.busy = false;
    setTimeout(() => this.#open(), AGAIN[Math.min(this.attempts, AGAIN.length - 1)]);
    this.attempts += 1;
  }

  #state(state) {
    this.state = state;
    this.on.state(state);
  }

  #send(message) {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  #next() {
    if (!this.waiting || !this.looked) return;
    if (!this.#send(this.waiting)) return; // it goes out when the line is open again
    this.out = this.waiting.id;
    this.waiting = null;
    this.looked = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#free(), WAIT);
  }

  #free() {
    clearTimeout(this.timer);
    this.looked = true;
    this.#next();
  }

  #heard(message) {
    if (message.type === "busy") {
      this.busy = true;
      this.on.busy(message);
      return;
    }
    this.attempts = 0;
    const kind = OF[message.type] ?? this.#kind(message.id);
    if (kind !== "ask") {
      // Of stories and reasons the newest counts.
      if (message.id === this.newest[kind] || message.id === null) this.on[message.type]?.(message);
      return;
    }
    if (message.id < this.shown) return;
    this.shown = message.id;
    if (message.id === this.out) this.#free();
    // While a lever moves, the first look at where it was is worth showing; a problem of then is not.
    if (message.type === "problem" && message.id < this.newest.ask) return;
    this.on[message.type]?.(message);
  }

  /* What a message with this id answers. */
  #kind(id) {
    return Object.keys(this.newest).find((kind) => kind !== "ask" && this.newest[kind] === id) ?? "ask";
  }
}
