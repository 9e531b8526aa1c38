/* The answer in plain words, how far it has got, and what a screen reader is told of it. */

import { by, el, write } from "./dom.js";
import { number, percent, say } from "./text.js";

const LONG = 140; // characters from which a headline is set smaller
const SPEAK_AFTER = 900; // milliseconds without a change before the answer is read out

export class Answer {
  constructor() {
    this.box = by("answer");
    this.body = by("answer-body");
    this.live = by("answer-live");
    this.parts = null;
  }

  /* Nothing has come yet. */
  waiting() {
    this.parts = null;
    this.box.dataset.state = "waiting";
    this.body.replaceChildren(
      el("p", { class: "headline" }, el("span", { class: "ghost" }), el("span", { class: "ghost ghost-short" })),
      el("p", { class: "standing" }, el("span", { class: "chip chip-busy" }, say("app.state.waiting"))),
    );
  }

  show(answer) {
    const parts = this.#made();
    this.box.dataset.state = answer.state_of_answer;
    this.box.dataset.worlds = answer.worlds;
    this.box.dataset.progress = answer.state;
    write(parts.headline, answer.headline);
    parts.headline.classList.toggle("headline-long", answer.headline.length > LONG);
    while (parts.also.children.length > answer.also.length) parts.also.lastChild.remove();
    answer.also.forEach((sentence, place) => {
      if (!parts.also.children[place]) parts.also.append(el("li"));
      write(parts.also.children[place], sentence);
    });
    const luck = ["luck", "equal", "one_world", "one_arm"].includes(answer.state_of_answer);
    parts.chip.className = `chip${luck ? " chip-luck" : ""}${answer.state === "done" ? "" : " chip-busy"}`;
    write(parts.chip, say(`app.answer.${answer.state_of_answer}`));
    write(parts.worlds, this.#progress(answer));
    parts.worlds.dataset.value = answer.worlds;
    parts.fill.style.width = `${(100 * answer.worlds) / answer.until}%`;
    parts.meter.hidden = answer.state === "done";
    this.box.setAttribute("aria-busy", String(answer.state !== "done"));
    clearTimeout(this.timer);
    const spoken = `${answer.headline} ${this.#progress(answer)}`;
    // While a lever moves and while worlds are added, nothing is read out.
    if (answer.state === "done") this.timer = setTimeout(() => write(this.live, spoken), SPEAK_AFTER);
  }

  /* A lever moves: what was to be read out is old. */
  moving() {
    clearTimeout(this.timer);
  }

  /* The question cannot be answered as it stands. */
  wrong(problems, others) {
    this.box.dataset.state = "wrong";
    const parts = this.#made();
    parts.chip.className = "chip chip-wrong";
    write(parts.chip, say("app.problem.title", { count: problems.length }));
    write(parts.worlds, say("app.problem.standing"));
    parts.meter.hidden = true;
    if (others.length) {
      const list = others.map((problem) => el("li", {}, problem));
      parts.also.replaceChildren(...list);
    }
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
      sure: percent(answer.confidence, 0),
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
      meter: el("span", { class: "meter", "aria-hidden": "true" }, fill),
      fill,
    };
    const standing = el("p", { class: "standing" }, parts.chip, parts.worlds, parts.meter);
    this.body.replaceChildren(parts.headline, standing, parts.also);
    this.parts = parts;
    return parts;
  }
}
