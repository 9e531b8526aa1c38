/* The levers: a tab for the firm and one for each arm, each with its groups of levers. */

import { button, by, choose, el, field, icon, mark, write } from "./dom.js";
import { LeverControl } from "./lever.js";
import { amount, has, percent, say } from "./text.js";

const ROOMY = "(min-width: 62rem)"; // where two groups of levers are open to begin with, elsewhere one

/* Set a lever; one that is put where it usually stands has not moved. */
function put(levers, key, value, usual) {
  if (JSON.stringify(value) === JSON.stringify(usual)) delete levers[key];
  else levers[key] = value;
}

export class Panels {
  /* start, known: what the server said of the question and of levers. asked: the question. pin: called with a place. */
  constructor({ start, known, asked, pin }) {
    Object.assign(this, { start, known, asked, pin, levers: known.levers });
    this.open = "firm";
    this.shape = "";
    this.answer = null;
    this.problems = [];
    this.groups = {}; // which groups the reader has opened or closed
    by("tabs").addEventListener("keydown", (event) => this.#arrow(event));
  }

  /* Draw what the question and the newest answer say; controls are made anew only where the arms are others. */
  show(question = this.asked.now) {
    const shape = JSON.stringify([
      question.arms.map((arm) => [arm.structure, arm.pay]),
      question.base,
      document.documentElement.lang,
      this.answer?.own,
    ]);
    if (shape !== this.shape) this.#make(question);
    this.shape = shape;
    const own = this.known.firm[question.base] ?? {};
    const told = this.answer && this.of.base === question.base ? this.answer.firm : own;
    // A lever that has just been put back stands where it usually does until the answer says where.
    const firm = Object.fromEntries(
      Object.entries(told).map(([key, value]) => [key, key in this.#before().firm ? own[key] : value]),
    );
    const moved = Object.keys(question.firm).filter((key) => this.firm.some(({ lever }) => lever.key === key)).length;
    this.#count("firm", moved);
    for (const control of this.firm) {
      const { key } = control.lever;
      const value = key in question.firm ? question.firm[key] : firm[key];
      control.element.hidden = firm[key] === null;
      control.set(value ?? null, { changed: key in question.firm, problem: this.#problem(`firm.${key}`) });
    }
    this.arms.forEach((controls, place) => {
      const arm = question.arms[place];
      const answered = this.#answered(place);
      this.#count(place, Object.keys(arm.levers).length);
      for (const control of controls) {
        const { id, part } = control.lever;
        const usual =
          answered && !(id in (this.#before().arms[place]?.levers ?? {})) ? answered.levers : this.#usual(arm, part);
        const value = id in arm.levers ? arm.levers[id] : usual[id];
        control.set(value ?? null, {
          changed: id in arm.levers,
          idle: (answered?.idle ?? this.#usual(arm, part, "idle")).includes(id),
          problem: this.#problem(`arms[${place}].levers.${id}`),
        });
      }
      const parts = this.parts[place];
      parts.structure.value = arm.structure;
      parts.pay.value = arm.pay;
      parts.reference.disabled = question.reference === place;
      write(parts.reference, say(question.reference === place ? "app.arm.is_reference" : "app.arm.make_reference"));
      parts.remove.disabled = question.arms.length <= 2;
      const { pinned } = question;
      const held =
        pinned &&
        JSON.stringify([pinned.base, pinned.firm, pinned.arm]) === JSON.stringify([question.base, question.firm, arm]);
      parts.pin.setAttribute("aria-pressed", String(Boolean(held)));
    });
    this.base.value = question.base;
    this.#today();
    by("add-arm").disabled = question.arms.length >= this.start.most_arms;
  }

  /* Keep the answer for where levers stand; only of the question that is asked now. */
  answered(answer) {
    this.answer = answer;
    this.of = this.asked.now;
    this.problems = [];
    this.show();
  }

  /* Put problems at their levers; those that no lever has are given back. */
  wrong(problems) {
    this.problems = problems;
    this.show();
    const rest = problems.filter(({ key }) => !this.#controlKeys().includes(key));
    const place = problems.map(({ key }) => /^arms\[(\d+)\]/.exec(key)?.[1]).find((found) => found !== undefined);
    if (place !== undefined && Number(place) < this.arms.length) this.select(Number(place));
    else if (problems.some(({ key }) => key.startsWith("firm."))) this.select("firm");
    const wrong = [...by("panels").querySelectorAll(".lever-wrong")];
    for (const element of wrong) element.closest("details").open = true;
    wrong.find((element) => element.checkVisibility())?.scrollIntoView({ block: "nearest" });
    return rest;
  }

  select(name, focus = false) {
    this.open = name;
    for (const tab of by("tabs").querySelectorAll("[role=tab]")) {
      const chosen = tab.dataset.panel === String(name);
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen && focus) tab.focus();
    }
    for (const panel of by("panels").children) panel.hidden = panel.dataset.panel !== String(name);
  }

  #answered(place) {
    const found = this.answer?.arms.filter((arm) => !arm.pinned)[place];
    const arm = this.asked.now.arms[place];
    return found && found.structure.startsWith(arm.structure) && found.pay.startsWith(arm.pay) ? found : undefined;
  }

  /* The question that the newest answer is to. */
  #before() {
    return this.of ?? { firm: {}, arms: [] };
  }

  /* Where levers of an arm's structure or pay plan stand of themselves, or which move nothing there. */
  #usual(arm, part, what = null) {
    const table = what === "idle" ? this.known.idle : this.known;
    const found = part === "pay" ? table.pay[arm.pay] : table.structures[arm.structure];
    return found ?? (what === "idle" ? [] : {});
  }

  #problem(key) {
    return this.problems.find((problem) => problem.key === key) ?? null;
  }

  #controlKeys() {
    const own = this.firm.map(({ lever }) => `firm.${lever.key}`);
    return own.concat(
      this.arms.flatMap((controls, place) => controls.map(({ lever }) => `arms[${place}].levers.${lever.id}`)),
    );
  }

  #count(name, moved) {
    const element = by(`moved-${name}`);
    write(element, moved ? say("app.levers.moved", { count: moved }) : "");
  }

  #make(question) {
    const focused = document.activeElement?.id;
    this.firm = [];
    this.arms = question.arms.map(() => []);
    this.parts = [];
    const tabs = [this.#tab("firm", say("app.firm.tab"))];
    const panels = [this.#firmPanel()];
    question.arms.forEach((arm, place) => {
      tabs.push(
        this.#tab(
          place,
          mark(place),
          el("span", { class: "unseen" }, say("app.arm.tab", { arm: this.#called(arm) })),
          el("span", { "aria-hidden": "true" }, "ABCD"[place]),
        ),
      );
      panels.push(this.#armPanel(arm, place));
    });
    by("tabs").replaceChildren(...tabs);
    by("panels").replaceChildren(...panels);
    this.select(typeof this.open === "number" ? Math.min(this.open, question.arms.length - 1) : this.open);
    if (focused && document.activeElement?.id !== focused) by(focused)?.focus();
  }

  #called(arm) {
    return `${this.#title("structure", arm.structure)}, ${this.#title("pay", arm.pay)}`;
  }

  /* What the firm brings itself has a title of its own. */
  #own(part) {
    return this.answer?.own?.[part === "pay" ? "pay" : "structures"] ?? {};
  }

  #title(part, name) {
    if (has(`figures.${part}.${name}`)) return say(`figures.${part}.${name}`);
    return Object.hasOwn(this.#own(part), name) ? this.#own(part)[name] : name;
  }

  #names(part, shipped, now) {
    const names = new Set([...shipped, ...Object.keys(this.#own(part)), now]);
    return Array.from(names, (name) => [name, this.#title(part, name)]);
  }

  /* What the firm of today makes in this model: does it look like the reader's? Told of the last answer only. */
  #today() {
    const { now, state } = this.answer ?? {};
    if (!now || state !== "done") return;
    const [size, unit] = now.revenue >= 1e6 ? [1e6, "M€"] : [1e3, "k€"];
    const values = { revenue: amount(now.revenue / size, unit), never: percent(now.never_called, 0) };
    const told = [say("app.firm.now", values)];
    if (typeof now.attainment === "number") {
      told.push(say("app.firm.now_target", { attainment: percent(now.attainment, 0) }));
      if (now.attainment < 0.6 || now.attainment > 1.6) told.push(say("app.firm.now_off"));
    }
    write(this.now, told.join(" "));
  }

  #tab(name, ...content) {
    return el(
      "button",
      {
        type: "button",
        role: "tab",
        class: "tab",
        id: `tab-${name}`,
        "data-panel": name,
        "aria-controls": `panel-${name}`,
        onclick: () => this.select(name),
      },
      content,
    );
  }

  #arrow(event) {
    const tabs = [...by("tabs").querySelectorAll("[role=tab]")];
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const { panel } = tabs[(to + tabs.length) % tabs.length].dataset;
    this.select(panel === "firm" ? panel : Number(panel), true);
  }

  #panel(name, ...content) {
    return el(
      "div",
      { class: "panel", role: "tabpanel", id: `panel-${name}`, "data-panel": name, "aria-labelledby": `tab-${name}` },
      content,
    );
  }

  #firmPanel() {
    this.base = choose(
      "base",
      this.start.bases.map((each) => [each.name, this.#base(each)]),
      (value) => this.asked.edit(null, (next) => Object.assign(next, { base: value, firm: {} })),
    );
    this.now = el("p", { class: "lede", id: "now" });
    const add = button("add-arm", [icon("plus"), say("app.arm.add")], () => this.#add());
    const title = el(
      "h3",
      { class: "panel-title" },
      say("app.firm.title"),
      el("span", { class: "moved", id: "moved-firm" }),
    );
    const levers = this.levers.filter((lever) => lever.of === "firm");
    const groups = this.#groups("firm", levers, (lever) => {
      const control = new LeverControl(lever, `firm-${lever.id}`, {
        moved: (value) =>
          this.asked.edit(`firm.${lever.key}`, (next) => {
            put(next.firm, lever.key, value, (this.known.firm[next.base] ?? {})[lever.key]);
          }),
        reset: () =>
          this.asked.edit(null, (next) => {
            delete next.firm[lever.key];
          }),
      });
      this.firm.push(control);
      return control;
    });
    return this.#panel(
      "firm",
      title,
      field("base", say("app.firm.base"), this.base),
      this.now,
      groups,
      el("div", { class: "panel-tools" }, add),
    );
  }

  #base({ name, title }) {
    return has(`app.base.${name}`) ? say(`app.base.${name}`) : title;
  }

  #armPanel(arm, place) {
    const structure = choose(
      `structure-${place}`,
      this.#names("structure", this.start.structures, arm.structure),
      (value) =>
        this.#change(place, (next) => Object.assign(next, { structure: value, levers: this.#kept(next, "pay") })),
    );
    const pay = choose(`pay-${place}`, this.#names("pay", this.start.pays, arm.pay), (value) =>
      this.#change(place, (next) => Object.assign(next, { pay: value, levers: this.#kept(next, "structure") })),
    );
    const reference = button(`reference-${place}`, "", () =>
      this.asked.edit(null, (next) => {
        next.reference = place;
      }),
    );
    const pin = button(`pin-${place}`, say("app.arm.pin"), () => this.pin(place));
    const remove = button(`remove-${place}`, say("app.arm.remove"), () => this.#remove(place));
    this.parts[place] = { structure, pay, reference, remove, pin };
    const levers = this.levers.filter((lever) => lever.of === "arm");
    const groups = this.#groups(`arm-${place}`, levers, (lever) => {
      const control = new LeverControl(lever, `arm-${place}-${lever.id}`, {
        moved: (value) =>
          this.#change(
            place,
            (next) => put(next.levers, lever.id, value, this.#usual(next, lever.part)[lever.id]),
            `arm.${place}.${lever.id}`,
          ),
        reset: () =>
          this.#change(place, (next) => {
            delete next.levers[lever.id];
          }),
      });
      this.arms[place].push(control);
      return control;
    });
    const title = el(
      "h3",
      { class: "panel-title" },
      mark(place),
      say("app.arm.title", { letter: "ABCD"[place] }),
      el("span", { class: "moved", id: `moved-${place}` }),
    );
    return this.#panel(
      place,
      title,
      field(`structure-${place}`, say("app.arm.structure"), structure),
      field(`pay-${place}`, say("app.arm.pay"), pay),
      el("div", { class: "panel-tools" }, pin, reference, remove),
      groups,
    );
  }

  /* Levers of an arm that stay when its structure or its pay plan is another. */
  #kept(arm, part) {
    const ids = this.levers.filter((lever) => lever.part === part).map((lever) => lever.id);
    return Object.fromEntries(Object.entries(arm.levers).filter(([id]) => ids.includes(id)));
  }

  #groups(name, levers, make) {
    const groups = [...new Set(levers.map((lever) => lever.group))];
    const first = matchMedia(ROOMY).matches ? 2 : 1;
    return groups.map((group, place) => {
      const key = `${name.split("-")[0]}.${group}`;
      const details = el(
        "details",
        {
          class: "group",
          open: this.groups[key] ?? place < first,
          ontoggle: () => {
            this.groups[key] = details.open;
          },
        },
        el("summary", {}, say(`levers.group.${group}`)),
        levers.filter((lever) => lever.group === group).map((lever) => make(lever).element),
      );
      return details;
    });
  }

  #change(place, change, key = null) {
    this.asked.edit(key, (next) => change(next.arms[place]));
  }

  #add() {
    const { now } = this.asked;
    const used = now.arms.map((arm) => arm.structure);
    const structure = this.start.structures.find((name) => !used.includes(name)) ?? used[0];
    this.open = now.arms.length;
    this.asked.edit(null, (next) => next.arms.push({ structure, pay: now.arms[now.reference].pay, levers: {} }));
  }

  #remove(place) {
    this.asked.edit(null, (next) => {
      next.arms.splice(place, 1);
      if (next.reference === place) next.reference = 0;
      else if (next.reference > place) next.reference -= 1;
    });
    this.select(Math.min(place, this.asked.now.arms.length - 1), true);
  }
}
