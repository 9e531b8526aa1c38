/* The page from its opening: words, levers and the first question are fetched, the line is opened, and from then on
   each change of the question is asked at once, while levers still move. */

import { Answer } from "./answer.js";
import { Board } from "./board.js";
import { button, by, el, keep, write } from "./dom.js";
import { packed, unpacked } from "./link.js";
import { Panels } from "./panels.js";
import { Asked } from "./question.js";
import { Share } from "./share.js";
import { Story } from "./story.js";
import { code, has, say, speak } from "./text.js";
import { Why } from "./why.js";
import { Wire } from "./wire.js";

const ADDRESS_AFTER = 400; // milliseconds of rest before the address follows the question
const THEMES = ["auto", "light", "dark"];

const page = { answer: null, frame: 0, notices: {} };

async function fetched(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.statusText}`);
  return response.json();
}

/* What does not change with the question, in the reader's language. */
function words() {
  document.documentElement.lang = code();
  document.title = say("app.title");
  for (const element of document.querySelectorAll("[data-say]")) write(element, say(element.dataset.say));
  for (const element of document.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", say(element.dataset.label));
  for (const element of document.querySelectorAll("button[data-label]")) element.title = say(element.dataset.label);
  const theme = by("theme");
  const chosen = keep("theme") ?? "auto";
  theme.replaceChildren(...THEMES.map((name) => el("option", { value: name }, say(`app.theme.${name}`))));
  theme.value = chosen;
  theme.title = say("app.theme.label");
}

/* A bar under the header: one of a kind at a time. */
function notice(kind, title, text) {
  page.notices[kind]?.remove();
  delete page.notices[kind];
  if (!title) return;
  page.notices[kind] = el(
    "div",
    { class: "notice", "data-notice": kind },
    el("strong", {}, title),
    el("span", {}, text),
  );
  by("notices").append(page.notices[kind]);
}

function ask() {
  page.answerer.moving(page.asked.now);
  document.documentElement.dataset.pending = "yes";
  page.wire.ask({ question: page.asked.now, language: code() });
}

function changed(question, how) {
  page.panels.show(question);
  by("undo-button").disabled = !page.asked.before.length;
  by("redo-button").disabled = !page.asked.after.length;
  notice("link");
  page.why.stale();
  page.story.stale();
  ask();
  clearTimeout(page.address);
  page.address = setTimeout(
    async () => history.replaceState(null, "", `#q=${await packed(page.asked.now)}`),
    how === "edit" ? ADDRESS_AFTER : 0,
  );
}

/* An answer is drawn in the next frame; one that came in between is drawn in its place. */
function answered(message) {
  page.answer = message;
  notice("busy");
  if (page.frame) return;
  page.frame = requestAnimationFrame(() => {
    page.frame = 0;
    const { answer } = page;
    page.answerer.show(answer);
    const newest = answer.id >= page.wire.newest.ask;
    if (newest) page.panels.answered(answer);
    document.documentElement.dataset.pending = newest ? "no" : "yes";
    page.why.answered(answer);
    page.story.answered(answer);
    page.board.show(answer);
    pinned();
    if (newest && answer.state === "done" && answer.id !== page.drawn) {
      page.drawn = answer.id;
      page.wire.request("draws", { question: page.asked.now, language: code() });
    }
  });
}

/* What is pinned, and the way to let it go. */
function pinned() {
  const held = page.answer.arms.find((arm) => arm.pinned);
  by("pinned")?.remove();
  if (!held || !page.asked.now.pinned) return;
  const loose = button(
    "unpin",
    say("app.arm.unpin"),
    () => {
      page.asked.edit(null, (next) => {
        next.pinned = null;
      });
      by("board-label").focus();
    },
    { class: "link" },
  );
  by("board-lede").after(
    el("p", { class: "lede", id: "pinned" }, say("app.arm.pinned_is", { arm: held.name }), " ", loose),
  );
}

function pin(place) {
  const { now } = page.asked;
  const name = page.answer?.arms[place]?.name;
  page.asked.edit(null, (next) => {
    next.pinned = { base: now.base, firm: now.firm, arm: now.arms[place] };
  });
  write(by("answer-live"), say("app.arm.pinned_now", { arm: name ?? "" }));
}

/* Why there are no reasons and no story: a lever is wrong, or what the server says, in English. */
function deeper(problems) {
  if (problems.every(({ key }) => /^(firm|arms)\b/.test(key))) return say("app.problem.first");
  const told = problems.map((one) => [one.message, one.hint].filter(Boolean).join(" ")).join(" ");
  return el("span", { lang: code() === "en" ? null : "en" }, told);
}

function problem(message) {
  if (message.id === page.wire.newest.why) return page.why.wrong(deeper(message.problems));
  if (message.id === page.wire.newest.follow) return page.story.wrong(deeper(message.problems));
  if (message.id === page.wire.newest.draws) return page.answerer.undrawn();
  if (message.id === page.wire.newest.report) return page.share.failed();
  const rest = page.panels.wrong(message.problems);
  return page.answerer.wrong(
    message.problems,
    rest.map((one) => `${one.key}: ${[one.message, one.hint].filter(Boolean).join(" ")}`),
  );
}

function lineIs(state) {
  document.documentElement.dataset.line = state;
  if (state === "lost") {
    notice("line", say("app.line.lost"), say("app.line.lost_about"));
    page.lost = true;
    page.share.failed();
    return;
  }
  if (page.lost) {
    notice("line", say("app.line.back"), say("app.line.back_about"));
    setTimeout(() => notice("line"), 4000);
  }
  page.lost = false;
  ask();
}

async function language(to) {
  await speak(to);
  keep("language", to);
  words();
  page.panels.show();
  page.why.shape = page.story.shape = "";
  page.board.afresh();
  ask();
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  keep("theme", name);
  page.board?.afresh();
}

function keys(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || by("share-dialog").open) return;
  const key = event.key.toLowerCase();
  const again = key === "y" || (key === "z" && event.shiftKey);
  if (!again && key !== "z") return;
  const { target } = event;
  if (target.matches("input[type=text]") && target.value !== target.defaultValue) return; // undone within the field
  event.preventDefault();
  if (again) page.asked.redo();
  else page.asked.undo();
}

/* The token by which this browser came in stays out of the address, of history and of whatever is copied from it. */
function withoutToken() {
  const address = new URL(location.href);
  if (address.searchParams.get("token") === null) return;
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

async function open() {
  withoutToken();
  document.documentElement.dataset.theme = keep("theme") ?? "auto";
  const [start, levers] = await Promise.all([fetched("/start.json"), fetched("/levers.json")]);
  const codes = start.languages.map((each) => each.code);
  const wished = [keep("language"), ...navigator.languages.map((each) => each.slice(0, 2))].find((each) =>
    codes.includes(each),
  );
  await speak(wished ?? codes[0]);
  words();
  by("language").replaceChildren(
    ...start.languages.map((each) => el("option", { value: each.code, lang: each.code }, each.name)),
  );
  by("language").value = code();

  const linked = await unpacked(location.hash);
  page.asked = new Asked(linked ?? start.question);
  page.answerer = new Answer(() => page.share.open("download-report_html"));
  page.board = new Board(start);
  page.panels = new Panels({ start, known: levers, asked: page.asked, pin });
  page.why = new Why((arms) => page.wire.request("why", { question: page.asked.now, language: code(), arms }));
  page.story = new Story((prospect) =>
    page.wire.request("follow", { question: page.asked.now, language: code(), prospect }),
  );
  page.share = new Share(
    page.asked,
    () => page.answer?.worlds ?? null,
    (message) => page.wire.request("report", message),
  );
  document.documentElement.dataset.ready = "yes";
  page.answerer.waiting();
  page.board.waiting();
  page.panels.show();
  if (location.hash && !linked) notice("link", say("app.link.broken"), say("app.link.broken_about"));

  page.asked.heard(changed);
  by("undo-button").addEventListener("click", () => page.asked.undo());
  by("redo-button").addEventListener("click", () => page.asked.redo());
  by("share-button").addEventListener("click", () => page.share.open("copy-link"));
  by("language").addEventListener("change", (event) => language(event.target.value));
  by("theme").addEventListener("change", (event) => theme(event.target.value));
  document.addEventListener("keydown", keys);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.board.afresh());
  addEventListener("hashchange", async () => {
    const other = await unpacked(location.hash);
    if (other) page.asked.replace(other);
  });
  page.wire = new Wire({
    answer: answered,
    problem,
    why: (message) => page.why.show(message),
    story: (message) => page.story.show(message),
    draws: (message) => page.answerer.draws(message),
    progress: (message) => page.share.progress(message),
    report: (message) => page.share.made(message),
    busy: (message) => notice("busy", say("app.busy"), message.problems.map((one) => one.message).join(" ")),
    state: lineIs,
  });
}

open().catch(() => {
  // Without its words the page can say nothing of its own; the browser's own reload is the way out.
  if (!has("app.failed")) return;
  notice("failed", say("app.failed"), say("app.failed_about"));
});
