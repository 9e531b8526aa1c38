/* One lever: a native slider, choice or set of boxes with its label, where it stands, and what is wrong with it. */

import { el, icon, write } from "./dom.js";
import { amount, has, percent, say } from "./text.js";

const STEPS = 200; // positions of a slider on a logarithmic scale
const NONE = "none";

/* How many digits a step of that size asks for. */
const digitsOf = (step) => (step >= 1 ? 0 : step >= 0.1 ? 1 : 2);

/* A value with its unit, as the reader's language writes it. */
export function shown(lever, value) {
  if (value === NONE) return say("levers.none");
  if (value === null || value === undefined) return say("levers.mixed");
  if (Array.isArray(value)) return say("app.lever.chosen", { count: value.length });
  if (lever.kind === "choice") return choice(lever, value);
  if (lever.unit === "share") return percent(value, 0);
  return amount(value, say(`levers.unit.${lever.unit}`), digitsOf(lever.step));
}

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
    if (lever.kind !== "choices") this.label.htmlFor = id;
    this.element = el(
      "div",
      { class: "lever", "data-lever": lever.of === "firm" ? lever.key : lever.id },
      el("div", { class: "lever-top" }, this.label, this.back, lever.kind === "choice" ? null : this.output),
      this.input,
      lever.endless ? this.#endless() : null,
      this.about,
      this.problem,
    );
  }

  /* value: where it stands (null: several values, or nothing to move). changed: whether the question sets it. */
  set(value, { changed = false, idle = false, problem = null } = {}) {
    this.value = value;
    const { lever } = this;
    const off = idle || (value === null && lever.kind === "number");
    write(this.output, off && value === null ? say("app.lever.idle") : shown(lever, value));
    this.output.dataset.value = Array.isArray(value) ? value.join(" ") : String(value);
    this.element.classList.toggle("lever-idle", off);
    this.element.classList.toggle("lever-wrong", problem !== null);
    this.back.hidden = !changed;
    this.problem.hidden = problem === null;
    write(this.problem, problem ?? "");
    if (lever.kind === "choices") {
      for (const box of this.boxes) box.checked = (value ?? []).includes(box.value);
      return;
    }
    const described = [this.about && `${this.id}-about`, problem !== null && `${this.id}-problem`].filter(Boolean);
    this.input.setAttribute("aria-describedby", described.join(" "));
    this.input.toggleAttribute("aria-invalid", problem !== null);
    if (problem !== null) this.input.setAttribute("aria-invalid", "true");
    this.input.disabled = off || value === NONE;
    if (lever.kind === "choice") {
      this.input.value = value ?? "";
      return;
    }
    if (this.box) this.box.checked = value === NONE;
    if (typeof value !== "number") return;
    // The thumb that is under the reader's finger is left where it is.
    if (document.activeElement !== this.input || this.#read() !== value) this.input.value = this.#position(value);
    this.#fill();
    this.input.setAttribute("aria-valuetext", shown(lever, value));
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
      write(this.output, shown(lever, value));
      this.output.dataset.value = String(value);
      input.setAttribute("aria-valuetext", shown(lever, value));
      this.#fill();
      this.moved(value);
    });
    return input;
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
    return Math.round((STEPS * Math.log(value / lever.least)) / Math.log(lever.most / lever.least));
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
