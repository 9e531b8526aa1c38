/* One prospect followed through every arm: what happened alike, and then beside one another. */

import { button, by, choose, el, field, mark } from "./dom.js";
import { say } from "./text.js";

export class Story {
  /* ask(prospect): asks the server for the story of a prospect by name, or of the one worth following most. */
  constructor(ask) {
    this.ask = ask;
    this.answer = null;
    this.found = null;
    this.shape = "";
  }

  answered(answer) {
    this.answer = answer;
    const shape = `${document.documentElement.lang} ${answer.arms.map((arm) => arm.name).join("|")}`;
    if (shape !== this.shape) this.#make();
    this.shape = shape;
  }

  stale() {
    if (this.found && this.note) this.note.hidden = false;
  }

  #make() {
    const go = button("story-button", say("app.story.show"), () => this.#request(null));
    this.tools = el("div", { class: "deeper-tools" }, go);
    this.note = el("p", { class: "lede", hidden: true }, say("app.story.stale"));
    this.result = el("div", { id: "story-result", "aria-live": "polite" });
    by("story").replaceChildren(el("p", { class: "lede" }, say("app.story.lede")), this.tools, this.note, this.result);
    this.found = null;
  }

  #request(prospect) {
    this.note.hidden = true;
    this.result.replaceChildren(el("p", { class: "empty" }, say("app.story.waiting")));
    this.ask(prospect);
  }

  show(message) {
    this.found = message;
    this.#offers(message);
    const { story } = message;
    const places = message.arms.map((key) => this.answer.arms.findIndex((arm) => !arm.pinned && arm.key === key));
    const chapters = story.chapters.map((chapter) => this.#chapter(chapter, places));
    const money = el(
      "div",
      { class: "stories" },
      Object.entries(story.money).map(([name, text], at) =>
        el("div", { class: `story arm-${places[at]}` }, this.#title(name, places[at]), el("p", { class: "end" }, text)),
      ),
    );
    this.result.replaceChildren(
      el("h3", { class: "story-name" }, story.name),
      el("p", { class: "lede" }, story.about),
      el("div", {}, chapters.length ? chapters : el("p", { class: "empty" }, say("app.story.nothing"))),
      el("h4", { class: "story-money" }, say("app.story.money")),
      money,
    );
  }

  #chapter(chapter, places) {
    const told = chapter.arms.some((arm) => arm.events.length || arm.end);
    const beside = chapter.arms.map((arm, at) =>
      el(
        "div",
        { class: `story arm-${places[at]}` },
        this.#title(arm.arm, places[at]),
        this.#events(arm.events),
        arm.end && el("p", { class: "end" }, arm.end),
      ),
    );
    const alike = el("div", {}, el("p", { class: "lede" }, say("app.story.alike")), this.#events(chapter.shared));
    return el(
      "div",
      { class: "dialog-part" },
      el("h4", {}, chapter.title),
      chapter.shared.length > 0 && alike,
      chapter.parts.length > 0 &&
        el(
          "ul",
          { class: "partings" },
          chapter.parts.map((part) => el("li", {}, part)),
        ),
      told && el("div", { class: "stories" }, beside),
    );
  }

  wrong(text) {
    this.result?.replaceChildren(el("p", { class: "empty" }, text));
  }

  #title(name, place) {
    return el("p", { class: "arm-name" }, mark(place), el("span", {}, name));
  }

  #events(events) {
    return el(
      "ol",
      { class: "events", role: "list" },
      events.map((event) => el("li", {}, el("span", { class: "when" }, event.date), event.text)),
    );
  }

  /* Other prospects worth following. */
  #offers(message) {
    const go = this.tools.firstChild;
    const names = message.offers.map((offer) => offer.prospect);
    if (!names.includes(message.story.name)) names.unshift(message.story.name);
    const select = choose(
      "story-prospect",
      names.map((name) => [name, name]),
      (name) => this.#request(name),
    );
    select.value = message.story.name;
    const focused = document.activeElement?.id === "story-prospect";
    this.tools.replaceChildren(go, field("story-prospect", say("app.story.choose"), select));
    if (focused) select.focus();
  }
}
