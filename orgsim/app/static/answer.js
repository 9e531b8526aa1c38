/* The answer in plain words, how far it has got, and what a screen reader is told of it. */

import { button, by, el, write } from "./dom.js";
import { code, number, say, signed } from "./text.js";

const FEW = 8; // worlds below which the page does not say what is luck and what is not
const UNSURE = 0.75; // share of draws that keep the sign, from which down the assumptions decide
const LONG = 140; // characters from which a headline is set smaller
const SPEAK_AFTER = 900; // milliseconds without a change before the answer is read out

export class Answer {
  /* report(): brings the reader to where the report is made. */
  constructor(report) {
    this.report = report;
    this.box = by("answer");
    this.body = by("answer-body");
    this.live = by("answer-live");
    this.parts = null;
    this.rooms = new Map();
  }

  /* Nothing has come yet. */
  waiting() {
    this.parts = null;
    this.box.dataset.state = "waiting";
    by("standing").replaceChildren(el("span", { class: "chip chip-busy" }, say("app.state.waiting")));
    this.body.replaceChildren(
      el("p", { class: "headline" }, el("span", { class: "ghost" }), el("span", { class: "ghost ghost-short" })),
    );
  }

  show(answer) {
    const parts = this.#made();
    const telling = ["one_arm", "equal"].includes(answer.state_of_answer) || answer.state === "done";
    const early = answer.worlds < FEW && !telling;
    const { headline, also } = early ? this.#early(answer) : answer;
    this.box.dataset.state = early ? "early" : answer.state_of_answer;
    this.box.dataset.worlds = answer.worlds;
    this.box.dataset.progress = answer.state;
    write(parts.headline, headline);
    parts.headline.classList.toggle("headline-long", headline.length > LONG);
    this.#also(also);
    const luck = early || ["luck", "equal", "one_arm"].includes(answer.state_of_answer);
    parts.chip.className = `chip${luck ? " chip-luck" : ""}${answer.state === "done" ? "" : " chip-busy"}`;
    write(parts.chip, say(`app.answer.${early ? "one_world" : answer.state_of_answer}`));
    write(parts.worlds, this.#progress(answer));
    parts.worlds.dataset.value = answer.worlds;
    parts.fill.style.width = `${(100 * answer.worlds) / answer.until}%`;
    parts.meter.classList.toggle("meter-over", answer.state === "done");
    this.box.setAttribute("aria-busy", String(answer.state !== "done"));
    if (answer.state === "done" && !this.dragged) this.rooms = new Map();
    this.#room();
    this.answer = answer;
    if (answer.state === "done") write(parts.draws, say("app.draws.waiting"));
    clearTimeout(this.timer);
    const spoken = `${headline} ${this.#progress(answer)}`;
    // While a lever moves and while worlds are added, nothing is read out.
    if (answer.state === "done") this.timer = setTimeout(() => write(this.live, spoken), SPEAK_AFTER);
  }

  /* A lever moves: what was to be read out is old. The room that the words took is kept while levers move, so that
     the figures below stay where they are; it is given back when the question is about other arms. */
  moving(question) {
    clearTimeout(this.timer);
    this.undrawn();
    const of = JSON.stringify([code(), question.base, question.arms.map(({ structure, pay }) => [structure, pay])]);
    this.dragged = of === this.of;
    if (!this.dragged) this.rooms = new Map();
    this.of = of;
  }

  /* How often the sign of each difference holds when the assumed parameters are drawn from their ranges. */
  draws({ draws, until, kept, low }) {
    const others = this.answer.arms.filter((arm) => !arm.pinned && Object.hasOwn(kept, arm.key));
    if (!others.length) return this.undrawn();
    const list = others.map((arm) =>
      say("app.draws.arm", { arm: arm.name, kept: number(Math.round(kept[arm.key] * draws), 0) }),
    );
    const unsure = draws === until && others.some((arm) => low[arm.key] <= UNSURE);
    const key = unsure ? "unsure" : draws === until ? "sure" : "so_far";
    const { draws: element } = this.parts;
    write(element, say(`app.draws.${key}`, { draws: number(draws, 0), list: list.join(say("app.early.and")) }));
    element.classList.toggle("draws-unsure", unsure);
    element.dataset.draws = draws;
    return this.#room();
  }

  undrawn() {
    if (!this.parts) return;
    write(this.parts.draws, "");
    this.parts.draws.classList.remove("draws-unsure");
    delete this.parts.draws.dataset.draws;
  }

  #room() {
    const { headline, also, draws } = this.parts;
    for (const part of [by("standing"), headline, also, draws]) {
      const held = this.rooms.get(part) ?? { width: 0, height: 0 };
      part.style.minHeight = "";
      const { width, height } = part.getBoundingClientRect();
      const kept = Math.abs(width - held.width) < 1 ? Math.max(height, held.height) : height;
      this.rooms.set(part, { width, height: kept });
      part.style.minHeight = `${kept}px`;
    }
  }

  /* So few worlds tell nothing from luck: what they show, in a sentence that is the same from look to look. */
  #early(answer) {
    const reference = answer.arms.find((arm) => arm.reference);
    const scale = answer.scales.profit;
    const others = answer.arms.filter((arm) => !arm.reference && !arm.pinned);
    const list = others.map((arm) =>
      say("app.early.arm", { arm: arm.name, difference: signed(arm.metrics.profit.difference * scale) }),
    );
    return {
      headline: say("app.early.headline", { list: list.join(say("app.early.and")) }),
      also: [say("app.early.also", { reference: reference.name, count: answer.worlds, worlds: answer.worlds })],
    };
  }

  #also(sentences, lang = null) {
    const { also } = this.parts;
    while (also.children.length > sentences.length) also.lastChild.remove();
    sentences.forEach((sentence, place) => {
      if (!also.children[place]) also.append(el("li"));
      write(also.children[place], sentence);
      if (lang) also.children[place].setAttribute("lang", lang);
      else also.children[place].removeAttribute("lang");
    });
  }

  /* The question cannot be answered as it stands. */
  wrong(problems, others) {
    this.box.dataset.state = "wrong";
    const parts = this.#made();
    parts.chip.className = "chip chip-wrong";
    write(parts.chip, say("app.problem.title", { count: problems.length }));
    write(parts.worlds, say("app.problem.standing"));
    parts.meter.classList.add("meter-over");
    // The server writes of problems in English.
    if (others.length) this.#also(others, code() === "en" ? null : "en");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => write(this.live, say("app.problem.title", { count: problems.length })), 300);
  }

  #progress(answer) {
    const worlds = number(answer.worlds, 0);
    if (answer.state === "first") return say("app.state.first", { count: answer.worlds, worlds });
    const values = {
      count: answer.worlds,
      worlds,
      until: number(answer.until, 0),
    };
    return say(`app.state.${answer.state}`, values);
  }

  #made() {
    if (this.parts) return this.parts;
    const fill = el("span");
    const parts = {
      headline: el("p", { class: "headline", id: "headline" }),
      also: el("ul", { class: "also", role: "list" }),
      chip: el("span", { class: "chip" }),
      worlds: el("span", { class: "worlds", id: "worlds" }),
      draws: el("p", { class: "draws", id: "draws" }),
      meter: by("meter"),
      fill,
    };
    const rests = el(
      "p",
      { class: "rests", id: "rests" },
      say("app.rests"),
      " ",
      button("rests-report", say("app.rests_report"), this.report, { class: "link" }),
    );
    by("standing").replaceChildren(parts.chip, parts.worlds);
    by("meter").replaceChildren(parts.fill);
    this.body.replaceChildren(parts.headline, parts.also, parts.draws, rests);
    this.parts = parts;
    return parts;
  }
}
