/* Elements of the page, made without a string of HTML. */

const SVG = "http://www.w3.org/2000/svg";

/* el("button", {class: "quiet", onclick: act, "aria-pressed": true}, "text", node): false and null are left out. */
export function el(tag, attributes = {}, ...children) {
  const element = tag === "svg" || tag === "use" ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/* A drawing from the sheet of symbols in the page; it says nothing to a screen reader. */
export function icon(name, kind = "icon") {
  return el("svg", { class: kind, "aria-hidden": "true", focusable: "false" }, el("use", { href: `#${name}` }));
}

/* The mark of an arm: colour and shape by its place. */
export const mark = (place) => icon(`mark-${place}`, `mark arm-${place}`);

/* A button with its text, or with whatever else is put on it. */
export function button(id, content, onclick, attributes = {}) {
  return el("button", { type: "button", class: "quiet", id, onclick, ...attributes }, content);
}

/* An input under its label. */
export function field(id, label, input) {
  return el("div", { class: "field" }, el("label", { for: id }, label), input);
}

/* A choice from [value, text] pairs; `changed` is called with the value chosen. */
export function choose(id, options, changed) {
  const made = options.map(([value, text]) => el("option", { value }, text));
  return el("select", { id, onchange: (event) => changed(event.target.value) }, made);
}

/* Put a text in only where it differs, so that nothing is announced or laid out for nothing. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const by = (id) => document.getElementById(id);

/* Remember a preference of the reader where the browser lets us. */
export function keep(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(`orgsim.${name}`);
    localStorage.setItem(`orgsim.${name}`, value);
  } catch {
    // A browser that keeps nothing for us loses no more than the preference.
  }
  return null;
}
