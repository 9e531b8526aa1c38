/* One lever: a native slider with a field for its value, a choice, or a set of boxes, with its label and what is wrong
   with it. Slider and field are one group under the lever's name. */

import { el, icon, write } from "./dom.js";
import { amount, code, has, number, percent, say, typed } from "./text.js";

const STEPS = 200; // positions of a slider on a logarithmic scale
const NONE = "none";

/* How many digits a value is written with: as its step asks for, up to two more where they are the reader's own. */
function digitsOf(step, value) {
  const usual = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  const exact = [0, 1, 2].find((more) => Math.abs(Number(value.toFixed(usual + more)) - value) < 1e-9);
  return usual + (exact ?? 0);
}

/* A value with its unit, as the reader's language writes it. */
export function shown(lever, value) {
  if (value === NONE) return say("levers.none");
  if (value === null || value === undefined) return say("levers.mixed");
  if (Array.isArray(value)) return say("app.lever.chosen", { count: value.length });
  if (lever.kind === "choice") return choice(lever, value);
  if (lever.unit === "share") return percent(value, digitsOf(100 * lever.step, 100 * value));
  return amount(value, say(`levers.unit.${lever.unit}`), digitsOf(lever.step, value));
}

/* A value as it stands in its field, and as a reader would type it: without its unit, a share in percent. */
function bare(lever, value) {
  const [scaled, step] = lever.unit === "share" ? [100 * value, 100 * lever.step] : [value, lever.step];
  return number(scaled, digitsOf(step, scaled));
}

const unitOf = (lever) => (lever.unit === "share" ? "%" : say(`levers.unit.${lever.unit}`));

/* Where the names of a lever's choices stand, if not with the lever. */
const NAMED = { devices: "report.device", today_structure: "figures.structure", today_pay: "figures.pay" };

export function choice(lever, name) {
  const key = `${NAMED[lever.id] ?? `levers.choice.${lever.id}`}.${name}`;
  return has(key) ? say(key) : name.replaceAll("_", " ");
}

export class LeverControl {
  /* id: unique in the page. moved(value) while it is dragged; reset() to the value it had of itself. */
  constructor(lever, id, { moved, reset }) {
    this.lever = lever;
    this.id = id;
    this.moved = moved;
    this.choices = lever.choices ?? [];
    this.label = el(
      lever.kind === "choices" ? "span" : "label",
      { id: `${id}-label`, class: "label" },
      say(lever.label),
    );
    this.output = el("output", { for: id });
    this.problem = el("p", { class: "lever-problem", id: `${id}-problem`, hidden: true });
    this.about = has(lever.about) ? el("p", { class: "lever-about", id: `${id}-about` }, say(lever.about)) : null;
    this.back = el(
      "button",
      {
        type: "button",
        class: "lever-back",
        hidden: true,
        title: say("app.lever.reset"),
        "aria-label": say("app.lever.reset_of", { lever: say(lever.label) }),
        onclick: () => this.#reset(reset),
      },
      icon("reset"),
    );
    this.input = this.#input();
    this.field = lever.kind === "number" ? this.#field() : null;
    if (lever.kind !== "choices") this.label.htmlFor = id;
    const known = { class: "lever", "data-lever": lever.of === "firm" ? lever.key : lever.id };
    const group = lever.kind === "number" ? { role: "group", "aria-labelledby": `${id}-label` } : {};
    this.element = el(
      "div",
      { ...known, ...group },
      el("div", { class: "lever-top" }, this.label, this.field, lever.kind === "choice" ? null : this.output),
      this.input,
      lever.endless ? this.#endless() : null,
      el("div", { class: "lever-foot" }, this.about, this.back),
      this.problem,
    );
  }

  /* value: where it stands (null: several values, or nothing to move). changed: whether the question sets it.
     problem: {message, hint} of the server, or null. */
  set(value, { changed = false, idle = false, problem = null } = {}) {
    if (value !== this.value) this.refused = false;
    this.value = value;
    const { lever } = this;
    const off = idle || (value === null && lever.kind === "number");
    write(this.output, off && value === null ? say("app.lever.idle") : shown(lever, value));
    this.element.classList.toggle("lever-idle", off);
    this.back.hidden = !changed;
    if (problem !== null || typeof value !== "number" || !this.refused) this.#wrong(problem);
    if (lever.kind === "choices") {
      this.output.dataset.value = (value ?? []).join(" ");
      for (const box of this.boxes) box.checked = (value ?? []).includes(box.value);
      return;
    }
    this.input.disabled = off || value === NONE;
    if (lever.kind === "choice") {
      this.input.value = value ?? "";
      return;
    }
    if (this.box) this.box.checked = value === NONE;
    const numeric = typeof value === "number";
    this.field.hidden = !numeric;
    this.output.hidden = numeric;
    this.number.disabled = this.input.disabled;
    if (!numeric) return;
    // The thumb that is under the reader's finger is left where it is.
    if (document.activeElement !== this.input || this.#read() !== value) this.input.value = this.#position(value);
    this.#stands(value);
  }

  /* What stands beside and under the slider, for a value of it. */
  #stands(value) {
    if (document.activeElement !== this.number || !this.#edited()) this.#write(value);
    this.number.dataset.value = String(value);
    this.#fill();
    this.input.setAttribute("aria-valuetext", shown(this.lever, value));
  }

  /* The field's default is what the page wrote there; what differs from it is the reader's. */
  #write(value) {
    this.number.defaultValue = this.number.value = bare(this.lever, value);
  }

  #edited() {
    return this.number.value !== this.number.defaultValue;
  }

  /* What is wrong with the value; null where nothing is. */
  #wrong(problem) {
    const { lever, id } = this;
    this.element.classList.toggle("lever-wrong", problem !== null);
    this.problem.hidden = problem === null;
    const own = problem?.own ?? (problem && lever.kind === "number" ? this.#refusal(this.value) : null);
    const lang = code() === "en" ? null : "en"; // the server's own words
    const detail = [problem?.message, problem?.hint].filter(Boolean).join(" ");
    this.problem.replaceChildren(
      ...(own ? [el("span", {}, own), " "] : []),
      ...(detail ? [el("span", { class: own ? "lever-detail" : null, lang }, detail)] : []),
    );
    const described = [this.about && `${id}-about`, problem !== null && `${id}-problem`].filter(Boolean).join(" ");
    for (const input of [this.input, this.number].filter(Boolean)) {
      if (described) input.setAttribute("aria-describedby", described);
      if (problem === null) input.removeAttribute("aria-invalid");
      else input.setAttribute("aria-invalid", "true");
    }
  }

  #refusal(value) {
    const [least, most] = [this.lever.least, this.lever.most].map((end) => shown(this.lever, end));
    return say("app.lever.refused", { value: shown(this.lever, value), least, most });
  }

  /* The button goes with what it undoes, so the reader is put on the lever. */
  #reset(reset) {
    reset();
    (this.boxes?.[0] ?? this.input).focus();
  }

  #input() {
    const { lever, id } = this;
    if (lever.kind === "choices") return this.#boxes();
    if (lever.kind === "choice") {
      const options = this.choices.map((name) => el("option", { value: name }, choice(lever, name)));
      return el(
        "select",
        { id, onchange: (event) => this.moved(event.target.value) },
        el("option", { value: "", hidden: true }, say("levers.mixed")),
        options,
      );
    }
    const [min, max, step] = lever.log ? [0, STEPS, 1] : [lever.least, lever.most, lever.step];
    const input = el("input", { id, type: "range", min, max, step });
    input.addEventListener("input", () => {
      const value = this.#read();
      this.#stands(value);
      this.#move(value);
    });
    return input;
  }

  #move(value) {
    this.refused = false;
    this.moved(value);
  }

  /* Where a value can be typed: taken with Enter or on leaving; Escape gives the old one back, arrows step. */
  #field() {
    const { id, lever } = this;
    this.number = el("input", {
      id: `${id}-number`,
      type: "text",
      class: "lever-number",
      inputmode: lever.whole ? "numeric" : "decimal",
      autocomplete: "off",
      "aria-label": say("app.lever.typed", { lever: say(lever.label), unit: unitOf(lever) }),
      onchange: () => this.#take(typed(this.number.value)),
      onfocus: () => this.number.select(),
      onkeydown: (event) => this.#key(event),
    });
    const longest = Math.max(...[lever.least, lever.most].map((end) => bare(lever, end).length), 4);
    this.number.style.width = `calc(${longest}ch + 1.2rem)`;
    return el("span", { class: "lever-value" }, this.number, el("span", { class: "lever-unit" }, unitOf(lever)));
  }

  #key(event) {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.key === "Escape") {
      this.refused = false;
      this.#wrong(null);
      this.#write(this.value);
      this.number.select();
    } else if (step && typeof this.value === "number") {
      event.preventDefault();
      const { least, most } = this.lever;
      const next = Number((this.value + step * this.lever.step).toFixed(6));
      this.number.value = this.number.defaultValue;
      this.#move(Math.min(most, Math.max(least, next)));
    }
  }

  #take(value) {
    const { lever } = this;
    if (!this.#edited()) return;
    const taken = lever.unit === "share" ? Number((value / 100).toFixed(6)) : value;
    if (!Number.isFinite(value) || (lever.whole && !Number.isInteger(taken))) {
      this.refused = true;
      const key = Number.isFinite(value) ? "app.lever.not_whole" : "app.lever.not_number";
      this.#wrong({ own: say(key, { value: this.number.value }) });
      return;
    }
    this.number.defaultValue = this.number.value;
    this.#move(taken);
    this.#stands(taken);
  }

  #boxes() {
    this.boxes = this.choices.map((name) =>
      el("input", {
        type: "checkbox",
        value: name,
        onchange: () => this.moved(this.boxes.filter((box) => box.checked).map((box) => box.value)),
      }),
    );
    const rows = this.boxes.map((box) =>
      el("label", { class: "check" }, box, el("span", {}, choice(this.lever, box.value))),
    );
    return el(
      "div",
      { class: "checks", role: "group", "aria-labelledby": `${this.id}-label`, id: this.id, tabindex: -1 },
      rows,
    );
  }

  #endless() {
    this.box = el("input", {
      type: "checkbox",
      onchange: () => this.moved(this.box.checked ? NONE : this.#read()),
    });
    return el("label", { class: "check" }, this.box, el("span", {}, say(`app.lever.none_of.${this.lever.id}`)));
  }

  #position(value) {
    const { lever } = this;
    if (!lever.log) return value;
    const within = Math.min(lever.most, Math.max(lever.least, value));
    return Math.round((STEPS * Math.log(within / lever.least)) / Math.log(lever.most / lever.least));
  }

  #read() {
    const { lever } = this;
    const at = Number(this.input.value);
    if (!lever.log) return Number(at.toFixed(6));
    // A round number near that place of the scale: the reader's own value where the slider has not moved from it.
    if (typeof this.value === "number" && this.#position(this.value) === at) return this.value;
    const raw = lever.least * (lever.most / lever.least) ** (at / STEPS);
    const size = Math.max(lever.step, 10 ** (Math.floor(Math.log10(raw)) - 1) / 2);
    return Math.min(lever.most, Math.max(lever.least, Math.round(raw / size) * size));
  }

  #fill() {
    const { min, max, value } = this.input;
    this.input.style.setProperty("--fill", `${(100 * (value - min)) / (max - min)}%`);
  }
}
