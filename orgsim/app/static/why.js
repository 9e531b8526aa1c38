/* Why two arms differ: what stands otherwise in how they are organised and paid, and where leads are lost. */

import { button, by, choose, el, field, mark } from "./dom.js";
import { number, say, signed } from "./text.js";

export class Why {
  /* ask(places): asks the server about two arms. */
  constructor(ask) {
    this.ask = ask;
    this.answer = null;
    this.pair = null;
    this.found = null;
    this.shape = "";
  }

  /* The newest answer: names of the arms to choose from. */
  answered(answer) {
    this.answer = answer;
    const shape = JSON.stringify([
      document.documentElement.lang,
      answer.reference,
      answer.arms.map((arm) => [arm.name, arm.pinned]),
    ]);
    if (shape !== this.shape) this.#make();
    this.shape = shape;
  }

  /* The question is another one: what is shown is of before. */
  stale() {
    if (this.found && this.note) this.note.hidden = false;
  }

  #make() {
    const arms = this.answer.arms.filter((arm) => !arm.pinned);
    const { reference } = this.answer;
    const before = this.pair?.[1];
    const kept = before !== undefined && before < arms.length && before !== reference;
    this.pair = [
      reference,
      kept
        ? before
        : Math.max(
            0,
            arms.findIndex((_, place) => place !== reference),
          ),
    ];
    const others = arms.map((arm, place) => [String(place), arm.name]).filter(([place]) => place !== String(reference));
    const select = choose("why-arm", others, (place) => {
      this.pair = [reference, Number(place)];
      this.#request();
    });
    select.value = String(this.pair[1]);
    const show = button("why-button", say("app.why.show"), () => this.#request());
    this.note = el("p", { class: "lede", hidden: true }, say("app.why.stale"));
    this.result = el("div", { id: "why-result", "aria-live": "polite" });
    by("why").replaceChildren(
      el("p", { class: "lede" }, say("app.why.lede", { reference: arms[reference].name })),
      el("div", { class: "deeper-tools" }, field("why-arm", say("app.why.choose"), select), show),
      this.note,
      this.result,
    );
    this.found = null;
  }

  #request() {
    this.note.hidden = true;
    this.result.replaceChildren(el("p", { class: "empty" }, say("app.why.waiting")));
    this.ask(this.pair);
  }

  show(message) {
    this.found = message;
    const head = (first) =>
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col" }, first),
          [message.a_name, message.b_name].map((name, place) =>
            el("th", { scope: "col" }, mark(this.pair[place]), " ", name),
          ),
        ),
      );
    const structure = [];
    let group = null;
    for (const row of message.structure) {
      if (row.primitive !== group) {
        group = row.primitive;
        structure.push(el("tr", { class: "group-row" }, el("th", { colspan: 3, scope: "colgroup" }, group)));
      }
      structure.push(this.#row(row));
    }
    const cells = () => head(say("app.why.cell"));
    const pay = message.pay.map((row) => this.#row(row));
    const same = el("p", { class: "empty" }, say("app.why.same_structure"));
    this.result.replaceChildren(
      this.#part("waste"),
      this.#waste(message, head),
      this.#part("structure"),
      structure.length ? this.#table(cells(), structure, "why-structure") : same,
      ...(pay.length ? [this.#part("pay"), this.#table(head(""), pay, "why-pay")] : []),
      ...this.#cost(message),
    );
  }

  /* What the second costs more than the first, whatever it brings. */
  #cost({ cost, once, a_name: reference }) {
    if (typeof cost !== "number") return [];
    const key = cost > 0 ? "more" : cost < 0 ? "less" : "same";
    const text = say(`report.page.differences.costs_${key}`, {
      amount: number(Math.abs(cost)),
      reference,
      once: number(once),
    });
    return [el("p", { class: "caveat", id: "why-cost", "data-value": String(cost) }, text)];
  }

  #part(name) {
    return el("div", { class: "dialog-part" }, el("h3", {}, say(`app.why.${name}`)));
  }

  wrong(text) {
    this.result?.replaceChildren(el("p", { class: "empty" }, text));
  }

  #row(row) {
    return el("tr", {}, el("th", { scope: "row" }, row.cell), el("td", {}, row.a), el("td", {}, row.b));
  }

  #waste(message, head) {
    const top = head(say("app.why.cause"));
    top.firstChild.append(el("th", { scope: "col" }, say("app.why.difference")));
    const found = message.waste.filter((row) => row.a || row.b);
    found.sort((one, two) => Math.abs(two.difference) - Math.abs(one.difference));
    const cell = (value, ...content) => el("td", { "data-value": String(value) }, content);
    const rows = found.map((row) => {
      const interval = say("app.board.interval", { low: signed(row.low), high: signed(row.high) });
      const luck =
        row.low * row.high > 0 ? null : el("span", { class: "difference-luck" }, ` ${say("figures.within_luck")}`);
      return el(
        "tr",
        {},
        el("th", { scope: "row" }, say(`figures.cause.${row.cause}`)),
        cell(row.a, number(row.a)),
        cell(row.b, number(row.b)),
        cell(
          row.difference,
          el("b", {}, signed(row.difference)),
          " ",
          el("span", { class: "interval" }, interval),
          luck,
        ),
      );
    });
    return this.#table(top, rows, "why-waste");
  }

  #table(head, rows, id) {
    const table = el("table", { id }, head, el("tbody", {}, rows));
    return el("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": say("app.scroll") }, table);
  }
}
