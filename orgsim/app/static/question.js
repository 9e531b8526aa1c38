/* The question that the page asks, and the way back through what it was before.

   A question is plain data (base, firm, arms, reference, pinned, seed). It is never changed in place: each edit makes a
   new one. Edits of one lever that follow each other closely are one step back. */

const SAME_STEP = 900; // milliseconds between two edits of a lever that are undone together
const MOST_STEPS = 200;

export class Asked {
  constructor(question) {
    this.now = question;
    this.before = [];
    this.after = [];
    this.last = { key: null, at: 0 };
    this.listeners = [];
  }

  /* Call back with (question, what changed it) after each change. */
  heard(listener) {
    this.listeners.push(listener);
  }

  /* Change a copy of the question; `key` names the lever, so that a drag is one step. */
  edit(key, change) {
    const next = structuredClone(this.now);
    change(next);
    if (JSON.stringify(next) === JSON.stringify(this.now)) return;
    const at = performance.now();
    const going = key !== null && key === this.last.key && at - this.last.at < SAME_STEP;
    if (!going) this.before = [...this.before.slice(1 - MOST_STEPS), this.now];
    this.after = [];
    this.last = { key, at };
    this.#set(next, "edit");
  }

  undo() {
    if (!this.before.length) return false;
    this.after.push(this.now);
    this.last = { key: null, at: 0 };
    this.#set(this.before.pop(), "undo");
    return true;
  }

  redo() {
    if (!this.after.length) return false;
    this.before.push(this.now);
    this.last = { key: null, at: 0 };
    this.#set(this.after.pop(), "undo");
    return true;
  }

  /* Take another question whole, as from a link. */
  replace(question) {
    this.edit(null, (next) => {
      for (const key of Object.keys(next)) delete next[key];
      Object.assign(next, structuredClone(question));
    });
  }

  #set(question, how) {
    this.now = question;
    for (const listener of this.listeners) listener(question, how);
  }
}
