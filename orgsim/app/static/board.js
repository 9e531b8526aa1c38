/* The figures: revenue, profit and lead waste by arm, row beside row, and under them the funnel and the waste by cause.
   Figures stand in the page as text with their full value in `data-value`; Vega draws what lies beside them. */

import { by, el, mark, write } from "./dom.js";
import { Plot, colours } from "./plot.js";
import { piled, quantiles, Stretch } from "./scale.js";
import { number, percent, say, signed, style } from "./text.js";

export const MAIN = ["revenue", "profit", "lead_waste_value"];
const DOTS = 20; // dots of a distribution: each is one in twenty of the worlds
const DOT = 7; // px across
const TEXT = 58; // px of a row that its figures take
const SHAPES = ["circle", "square", "triangle-up", "diamond"];
const SOLID = [];
const LETTERS = "ABCD";

const nameOf = (arm, place) => (arm.pinned ? "pinned" : place);

export class Board {
  constructor(start) {
    this.start = start;
    this.columns = null;
    this.shape = "";
    this.answer = null;
    new ResizeObserver(() => this.answer && this.#draw()).observe(by("board"));
  }

  /* Colours or words are others: everything is made anew at the next answer. */
  afresh() {
    this.shape = "";
    for (const plot of this.plots ?? []) plot.gone();
    this.plots = [];
    if (this.answer) return this.show(this.answer);
    return this.waiting();
  }

  waiting() {
    by("board").replaceChildren(el("div", { class: "empty" }, say("app.board.waiting")));
    for (const id of ["funnel", "waste"])
      by(id).replaceChildren(el("div", { class: "empty" }, say("app.board.waiting")));
  }

  async show(answer) {
    this.answer = answer;
    const shape = JSON.stringify([answer.arms.map((arm) => [arm.name, arm.pinned, arm.key]), answer.reference]);
    if (shape !== this.shape) this.#make(answer);
    this.shape = shape;
    this.#write(answer);
    await this.#draw();
  }

  #make(answer) {
    for (const plot of this.plots ?? []) plot.gone();
    this.plots = [];
    this.look = colours();
    const names = el(
      "div",
      { class: "row-names", "aria-hidden": "true" },
      el("div", { class: "metric-head" }),
      el(
        "ul",
        { class: "rows", role: "list" },
        answer.arms.map((arm, place) => el("li", { class: "row" }, this.#name(arm, place))),
      ),
      el("div", { class: "axis-room" }),
    );
    this.columns = MAIN.map((metric) => this.#column(answer, metric));
    this.strict = el("p", { class: "lede", id: "strict", hidden: true });
    write(this.strict, say("app.board.strict", { luck: say("app.board.luck") }));
    const key = el(
      "p",
      { class: "key" },
      el("span", {}, el("i", { class: "key-dot" }), say("app.board.key_dot")),
      el("span", {}, el("i", { class: "key-interval" }), say("app.board.key_interval")),
      el("span", {}, el("i", { class: "key-line" }), say("app.board.key_line")),
    );
    by("board").replaceChildren(
      el(
        "div",
        { class: "metrics" },
        names,
        this.columns.map((column) => column.element),
      ),
      key,
      el("p", { class: "lede" }, say("app.board.world")),
      this.strict,
    );
    this.funnel = this.#steps("funnel", answer, answer.tables.funnel, "stage");
    this.waste = this.#steps("waste", answer, answer.tables.waste, "cause");
  }

  #name(arm, place) {
    const name = nameOf(arm, place);
    const note = arm.pinned
      ? say("app.arm.pinned")
      : arm.reference
        ? say(arm.today ? "app.arm.reference_today" : "app.arm.reference")
        : arm.today
          ? say("app.arm.today")
          : null;
    return el(
      "span",
      { class: "arm-name" },
      el("span", { class: "arm-sign" }, mark(name), arm.pinned ? null : el("span", {}, LETTERS[place])),
      el("span", {}, arm.name, note && el("span", { class: "arm-pay" }, note)),
    );
  }

  #column(answer, metric) {
    const box = el("div", { class: "plot", "aria-hidden": "true" });
    const rows = answer.arms.map((arm, place) => {
      const [value, luck, difference] = ["value", "luck", "difference"].map((name) => el("span", { class: name }));
      const parts = { value, luck, difference };
      const row = el(
        "li",
        { class: "row", "data-arm": arm.key, "data-metric": metric },
        this.#name(arm, place),
        el("div", { class: "figure-line" }, value, luck),
        el("div", { class: "figure-line" }, difference),
      );
      return { row, ...parts };
    });
    const about = this.start.metrics[metric];
    const id = `metric-${metric}`;
    const list = el(
      "ul",
      { class: "rows", role: "list" },
      rows.map(({ row }) => row),
    );
    const element = el(
      "section",
      { class: "metric", "aria-labelledby": id },
      el(
        "div",
        { class: "metric-head" },
        el("h3", { id }, say(`figures.metric.${metric}`)),
        el("span", { class: "unit" }, say(`app.unit_of.${about.kind}`)),
      ),
      list,
      el("div", { class: "axis-room" }),
    );
    list.prepend(el("li", { role: "none", class: "plot-holder" }, box));
    const plot = new Plot(box, { axis: { format: ",~r" }, number: style(), look: this.look });
    this.plots.push(plot);
    return {
      metric,
      element,
      rows,
      list,
      box,
      plot,
      stretch: this.columns?.find((old) => old.metric === metric)?.stretch ?? new Stretch(),
    };
  }

  #write(answer) {
    for (const { metric, rows } of this.columns) {
      const scale = answer.scales[metric];
      answer.arms.forEach((arm, place) => {
        const figure = arm.metrics[metric];
        const { value, difference, luck } = rows[place];
        write(value, number(figure.mean * scale));
        value.dataset.value = figure.mean;
        const sure = this.#difference(difference, arm, figure, scale);
        write(luck, sure || answer.worlds < 2 ? "" : say("app.board.luck"));
      });
    }
    for (const steps of [this.funnel, this.waste]) {
      for (const { parts, row } of steps.cells) {
        const found = steps.read(answer, row);
        parts.forEach((part, place) => {
          const mean = found[place]?.mean;
          write(part, number(mean));
          part.dataset.value = mean ?? "";
        });
      }
    }
    this.strict.hidden = !answer.arms.some((arm) =>
      MAIN.some((metric) => {
        const { difference_low: low, difference_high: high } = arm.metrics[metric];
        return !arm.pinned && !arm.reference && low * high > 0 && !arm.metrics[metric].beyond_luck;
      }),
    );
    this.#strip(answer);
    const reference = answer.arms.find((arm) => arm.reference);
    write(by("board-lede"), say("app.board.lede", { reference: reference.name, sure: percent(answer.confidence, 0) }));
  }

  /* The difference with its interval; whether there is nothing to doubt about it. */
  #difference(element, arm, figure, scale) {
    const known = typeof figure.difference === "number" && !arm.reference && arm.comparable !== false;
    if (!known) {
      const text = arm.reference ? "app.board.reference" : "app.board.incomparable";
      element.className = "difference difference-luck";
      write(element, say(text));
      delete element.dataset.value;
      return true;
    }
    const [low, high] = [figure.difference_low, figure.difference_high];
    const interval =
      typeof low === "number" && Number.isFinite(low)
        ? say("app.board.interval", { low: signed(low * scale), high: signed(high * scale) })
        : "";
    const sure = this.#sure(arm, figure);
    const [better, good] = [this.start.metrics[element.closest(".row").dataset.metric].better, figure.difference];
    element.className = `difference${sure ? "" : " difference-luck"}`;
    element.dataset.value = figure.difference;
    element.dataset.low = low ?? "";
    element.dataset.high = high ?? "";
    const text = signed(figure.difference * scale);
    const strong = el("span", { class: sure ? (better * good > 0 ? "better" : "worse") : "" }, text);
    const rest = el("span", { class: "interval" }, ` ${interval}`);
    element.replaceChildren(strong, rest);
    return sure;
  }

  #sure(arm, figure) {
    return arm.pinned ? figure.difference_low * figure.difference_high > 0 : figure.beyond_luck;
  }

  /* On a phone the arms' difference in profit stays in sight while levers are dragged. */
  #strip(answer) {
    const scale = answer.scales.profit;
    const parts = answer.arms.map((arm, place) => {
      const { mean, difference } = arm.metrics.profit;
      const text = arm.reference || typeof difference !== "number" ? number(mean * scale) : signed(difference * scale);
      return el("span", {}, mark(nameOf(arm, place)), el("b", {}, text));
    });
    by("strip").classList.toggle("strip-full", parts.length > 4);
    by("strip").replaceChildren(el("span", {}, say("app.strip")), ...parts);
  }

  /* A list with a row for each stage or cause, and in it a line for each arm. */
  #steps(id, answer, table, column) {
    const names = [...new Set(table.map((row) => row[column]))];
    const arms = answer.arms.filter((arm) => !arm.pinned);
    const box = el("div", { class: "plot", "aria-hidden": "true" });
    const cells = names.map((name) => {
      const parts = arms.map(() => el("span", { class: "figure" }));
      const lines = parts.map((part, place) =>
        el(
          "span",
          { class: "step-arm", "data-arm": arms[place].key },
          mark(place),
          el("span", { class: "unseen" }, `${arms[place].name} `),
          part,
        ),
      );
      const row = el(
        "li",
        { class: "step", "data-name": name },
        el("span", { class: "step-name" }, say(`figures.${column}.${name}`)),
        el("span", { class: "step-lines" }, lines),
      );
      return { row: name, parts, element: row };
    });
    const key = arms.map((arm, place) => el("span", {}, mark(place), `${LETTERS[place]} ${arm.name}`));
    by(id).replaceChildren(
      el("p", { class: "key", "aria-hidden": "true" }, key),
      el(
        "ul",
        { class: "steps", role: "list" },
        el("li", { role: "none", class: "plot-holder" }, box),
        cells.map((cell) => cell.element),
      ),
    );
    const plot = new Plot(box, { number: style(), look: this.look });
    this.plots.push(plot);
    const read = (now, name) =>
      now.arms
        .filter((arm) => !arm.pinned)
        .map((arm) => now.tables[id].find((row) => row.arm === arm.key && row[column] === name));
    return { id, box, plot, cells, read, stretch: new Stretch(true) };
  }

  /* Draw what is in sight first; nothing of an older answer comes after a newer one. */
  async #draw() {
    const { answer } = this;
    const begun = performance.now();
    await Promise.all(this.columns.map((column) => this.#distribution(column, answer)));
    await Promise.all([this.funnel, this.waste].map((steps) => this.#bars(steps, answer)));
    document.documentElement.dataset.drawn = answer.worlds;
    document.documentElement.dataset.redraw = (performance.now() - begun).toFixed(1);
  }

  #distribution({ metric, rows, list, box, plot, stretch }, answer) {
    const scale = answer.scales[metric];
    const width = Math.floor(list.clientWidth);
    const tall = rows[0].row.offsetHeight;
    if (!width) return null;
    const arms = answer.arms.map((arm) => ({
      arm,
      dots: quantiles(arm.metrics[metric].values ?? [], DOTS).map((value) => value * scale),
    }));
    // A scale that took in the long intervals of the first looks would leap while a lever moves; they are cut instead.
    const ends = arms.flatMap(({ arm, dots }) => [...dots, arm.metrics[metric].mean * scale]);
    const [low, high] = stretch.over(Math.min(...ends), Math.max(...ends));
    const within = (value) => Math.min(high, Math.max(low, value));
    const wide = ((high - low) / width) * (DOT + 0.5);
    const [lines, points] = [[], []];
    const height = tall * arms.length;
    const reference = answer.arms.find((arm) => arm.reference).metrics[metric].mean * scale;
    arms.forEach(({ arm, dots }, place) => {
      const colour = this.look[`arm-${nameOf(arm, place)}`];
      const base = (place + 1) * tall - 15;
      lines.push({
        x: reference,
        x2: reference,
        y: place * tall + TEXT,
        y2: (place + 1) * tall,
        colour: this.look.edge,
        width: 1.5,
        opacity: 0.9,
        dash: [4, 4],
      });
      const piles = piled(dots, wide);
      const most = Math.max(1, ...piles.map(({ level }) => level));
      const rise = Math.min(DOT + 0.5, (tall - TEXT - 30) / most);
      for (const { x, level } of piles) {
        points.push({
          x,
          y: base - 8 - level * rise,
          shape: "circle",
          size: DOT * DOT * 0.78,
          fill: colour,
          colour,
          opacity: arm.pinned ? 0.45 : 0.8,
        });
      }
      const figure = arm.metrics[metric];
      if (Number.isFinite(figure.difference_low) && !arm.reference) {
        // From the mean of the one compared with: a bar that misses its line leaves out "no difference".
        const sure = this.#sure(arm, figure);
        const ends = { x: reference, x2: figure.mean * scale, y: base + 4, y2: base + 4 };
        lines.push({ ...ends, colour, width: 1.5, opacity: sure ? 0.9 : 0.5, dash: SOLID });
        lines.push({
          x: within(reference + figure.difference_low * scale),
          x2: within(reference + figure.difference_high * scale),
          y: base + 4,
          y2: base + 4,
          colour,
          width: sure ? 5 : 2,
          opacity: sure ? 0.75 : 0.6,
          dash: SOLID,
        });
      }
      points.push({
        x: figure.mean * scale,
        y: base + 4,
        shape: arm.pinned ? "cross" : SHAPES[place],
        size: 70,
        fill: colour,
        colour: this.look.ground,
        opacity: 1,
      });
    });
    return plot.draw(width, height, low, high, lines, points);
  }

  #bars({ box, plot, cells, read, stretch }, answer) {
    const list = box.closest(".steps");
    const first = cells[0]?.element;
    if (!first || !first.clientWidth) return null;
    const gap = parseFloat(getComputedStyle(first).columnGap);
    const columns = getComputedStyle(first).gridTemplateColumns.split(" ").map(parseFloat);
    const width = Math.floor(columns[1]);
    box.style.left = `${columns[0] + gap}px`;
    box.style.right = "auto";
    const origin = list.getBoundingClientRect().top;
    const all = cells.map((cell) => read(answer, cell.row));
    const most = Math.max(...all.flat().map((row) => row?.high ?? row?.mean ?? 0), 1e-9);
    const [, high] = stretch.over(0, most);
    const lines = [];
    cells.forEach(({ element }, place) => {
      const found = all[place];
      [...element.querySelectorAll(".step-arm")].forEach((line, arm) => {
        const row = found[arm];
        if (!row) return;
        const at = line.getBoundingClientRect();
        const y = at.top - origin + at.height / 2;
        const colour = this.look[`arm-${arm}`];
        lines.push({ x: 0, x2: row.mean, y, y2: y, colour, width: 8, opacity: 0.85, dash: SOLID });
        if (Number.isFinite(row.low)) {
          lines.push({
            x: Math.max(0, row.low),
            x2: row.high,
            y,
            y2: y,
            colour: this.look.ink,
            width: 1.5,
            opacity: 0.75,
            dash: SOLID,
          });
        }
      });
    });
    return plot.draw(width, list.clientHeight, 0, high, lines, []);
  }
}
