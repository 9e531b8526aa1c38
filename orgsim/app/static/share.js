/* Share and keep: the question as a link, and what can be downloaded. */

import { button, by, el, icon } from "./dom.js";
import { packed } from "./link.js";
import { code, percent, say } from "./text.js";

const FILES = ["scenario.toml", "results.csv", "results.parquet", "report.html"];

export class Share {
  /* asked: the question. worlds(): how many the newest answer rests on. report(message): asks the server for one. */
  constructor(asked, worlds, report) {
    this.asked = asked;
    this.worlds = worlds;
    this.report = report;
    this.making = null; // the report's button and where its progress is told
    this.dialog = by("share-dialog");
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  /* first: id of the button that the reader is put on. */
  async open(first) {
    const link = `${location.origin}/#q=${await packed(this.asked.now)}`;
    const field = el("input", {
      type: "text",
      id: "share-link",
      readonly: true,
      value: link,
      "aria-label": say("app.share.link"),
      onfocus: () => field.select(),
    });
    const done = el("p", { class: "done", role: "status", id: "share-done" });
    const copy = button("copy-link", say("app.share.copy"), () => this.#copy(field, done), { class: "primary" });
    const told = el("p", { class: "done", role: "status", id: "download-done" });
    const close = button(null, icon("close"), () => this.dialog.close(), {
      class: "tool",
      "aria-label": say("app.close"),
    });
    this.dialog.replaceChildren(
      el("div", { class: "dialog-head" }, el("h2", { id: "share-title" }, say("app.share.title")), close),
      el(
        "div",
        { class: "dialog-part" },
        el("h3", {}, say("app.share.link")),
        el("p", {}, say("app.share.about")),
        el("div", { class: "copy" }, field, copy),
        done,
      ),
      el(
        "div",
        { class: "dialog-part" },
        el("h3", {}, say("app.download.title")),
        el("p", {}, say("app.download.about")),
        el(
          "div",
          { class: "downloads" },
          FILES.map((file) => this.#file(file, told)),
        ),
        told,
      ),
    );
    this.dialog.showModal();
    by(first).focus();
  }

  async #copy(field, done) {
    field.select();
    let copied = false;
    try {
      await navigator.clipboard.writeText(field.value);
      copied = true;
    } catch {
      copied = document.execCommand("copy"); // where the browser keeps its clipboard from us
    }
    done.textContent = say(copied ? "app.share.copied" : "app.share.by_hand");
  }

  #file(file, told) {
    const key = file.replace(".", "_");
    const content = [el("span", {}, say(`app.download.${key}`)), el("small", {}, say(`app.download.${key}_about`))];
    return button(`download-${key}`, content, (event) => this.#download(file, event.currentTarget, told));
  }

  async #download(file, button, told) {
    const message = { question: this.asked.now, worlds: this.worlds(), language: code() };
    button.disabled = true;
    told.textContent = say("app.download.waiting");
    if (file === "report.html") {
      // It takes long, so it comes over the line, which tells how far it is.
      this.making = { button, told };
      this.report(message);
      return;
    }
    try {
      const response = await fetch(`/download/${file}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(message),
      });
      if (!response.ok) throw new Error(await response.text());
      const named = /filename="?([^";]+)"?/.exec(response.headers.get("content-disposition") ?? "")?.[1];
      const address = URL.createObjectURL(await response.blob());
      this.#save(address, named ?? `orgsim-${file}`);
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
      told.textContent = say("app.download.done", { file: named ?? file });
    } catch {
      told.textContent = say("app.download.failed");
    } finally {
      button.disabled = false;
      button.focus();
    }
  }

  #save(address, file) {
    const link = el("a", { href: address, download: file });
    document.body.append(link);
    link.click();
    link.remove();
  }

  /* How far the report is. */
  progress({ done, of }) {
    if (this.making) this.making.told.textContent = say("app.download.progress", { share: percent(done / of, 0) });
  }

  /* The report is made: it is fetched from where the server has put it by. */
  made({ path, file }) {
    this.#save(path, file);
    this.#over(say("app.download.done", { file }));
  }

  /* The report will not come. */
  failed() {
    this.#over(say("app.download.failed"));
  }

  #over(text) {
    if (!this.making) return;
    this.making.told.textContent = text;
    this.making.button.disabled = false;
    this.making = null;
  }
}
