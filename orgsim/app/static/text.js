/* What the page says: the catalogue of the reader's language, and how numbers are written in it. */

const NO_BREAK = "\u00a0";
const MINUS = "\u2212";

let catalogue = { code: "en", decimal: ".", group: ",", zero_is_one: false, sentences: {} };

/* Fetch a language's catalogue; the page speaks it from then on. */
export async function speak(code) {
  const response = await fetch(`/language/${code}.json`);
  if (!response.ok) throw new Error(response.statusText);
  catalogue = await response.json();
}

export const code = () => catalogue.code;

function found(key) {
  return key
    .split(".")
    .reduce((place, part) => (place && Object.hasOwn(place, part) ? place[part] : undefined), catalogue.sentences);
}

export const has = (key) => found(key) !== undefined;

/* The sentence at a dotted key with its places filled; the form with `one` or `other` goes by `count`. A
   sentence that is missing shows its key: a page with a hole is better than none. */
export function say(key, values = {}) {
  let sentence = found(key);
  if (sentence === undefined) return key;
  if (typeof sentence === "object") {
    const one = values.count === 1 || (values.count === 0 && catalogue.zero_is_one);
    sentence = sentence[one ? "one" : "other"];
  }
  return sentence.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/* A figure in few digits (none from 10 on, one below), "?" where there is none; never a negative zero. */
export function number(value, digits) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "?";
  const [whole, rest] = Math.abs(value)
    .toFixed(digits ?? (Math.abs(value) >= 10 ? 0 : 1))
    .split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, catalogue.group);
  const text = rest ? `${grouped}${catalogue.decimal}${rest}` : grouped;
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

export function signed(value, digits) {
  const text = number(value, digits);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

export const amount = (value, unit, digits) => (unit ? number(value, digits) + NO_BREAK + unit : number(value, digits));

export const percent = (share, digits) => amount(100 * share, "%", digits);

/* How numbers are written, for what draws them by itself. */
export const style = () => ({ decimal: catalogue.decimal, group: catalogue.group });

/* The number that a reader typed, as the language writes it: spaces, units, "%" and a "k" for thousands are
   understood, and a comma or a point counts as the decimal sign where it cannot stand between thousands.
   NaN where it is no number. */
export function typed(text) {
  const plain = text
    .replace(/[\s\u00a0\u202f'\u2019]/g, "")
    .replace(/^[\u2212\u2013]/, "-")
    .toLowerCase();
  const [, digits, rest] = /^([+-]?[\d.,]*\d[.,]?)(\D*)$/.exec(plain) ?? [];
  if (!digits) return Number.NaN;
  const thousands = /^[+-]?[1-9]\d{0,2}(?:(\.\d{3})+|(,\d{3})+)$/;
  const marks = digits.replace(/[^.,]/g, "");
  const last = Math.max(digits.lastIndexOf("."), digits.lastIndexOf(","));
  const whole = last < 0 || (thousands.test(digits) && (marks.length > 1 || marks !== catalogue.decimal));
  const [before, after] = whole ? [digits, ""] : [digits.slice(0, last), digits.slice(last + 1)];
  if (!whole && before.includes(marks.at(-1))) return Number.NaN;
  if (!/^[+-]?\d*$/.test(before) && !thousands.test(before)) return Number.NaN;
  return Number(`${before.replace(/[.,]/g, "")}.${after}`) * (/^k(\W|$)/.test(rest) ? 1000 : 1);
}
