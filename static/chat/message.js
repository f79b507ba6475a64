/* One message of the transcript: made once, then changed in place, so that focus, selection and an open
   panel survive every event. */

import { copyText, duration, el, icon, iconButton, otherLanguage, setText, t } from "./dom.js";
import { editBox } from "./edit.js";
import { FeedbackControl } from "./feedback.js";
import { enhance } from "./rich.js";

const COPIED_MS = 2000;

export class MessageView {
  /** actions: what app.js lets a message do; reasons: the chips of the feedback panel. */
  constructor(message, actions, reasons) {
    Object.assign(this, { actions, reasons, message: null, shown: "", html: null });
    const name = el("p", { class: message.role === "user" ? "vh" : "speaker", text: t(`speaker.${message.role}`) });
    this.text = el("div", { "data-part": "text", class: "plain" });
    this.state = el("div", { class: "state", hidden: true });
    this.sources = el("p", { class: "sources", hidden: true });
    this.who = el("p", { class: "sources who", hidden: true });
    this.root = el("article", { "data-role": message.role }, name, this.text, this.sources, this.who, this.state);
    this.root.append(...(message.role === "user" ? this.userRow() : this.assistantRow()));
  }

  // --- The quiet row ---------------------------------------------------------------------------------------

  pager() {
    this.count = el("span", { class: "count" });
    this.previous = iconButton("previous", t("version.previous"), () => this.turn(-1));
    this.next = iconButton("next", t("version.next"), () => this.turn(1));
    this.versions = el("span", { class: "pager", role: "group", "aria-label": t("version.group"), hidden: true },
      this.previous, this.count, this.next);
    return this.versions;
  }

  turn(step) {
    const { ids, index } = this.message.versions;
    if (ids[index + step]) this.actions.select(ids[index + step]);
  }

  userRow() {
    this.editButton = iconButton("edit", t("edit"), () => this.edit());
    this.row = el("div", { class: "row" }, this.editButton, this.pager());
    return [this.row];
  }

  assistantRow() {
    const id = () => this.message.id;
    this.feedback = new FeedbackControl(
      { set: (feedback) => this.actions.rate(id(), feedback), clear: () => this.actions.unrate(id()) }, this.reasons);
    this.copy = iconButton("copy", t("copy"), () => this.copyAll());
    this.again = iconButton("again", t("regenerate"), () => this.actions.regenerate(id()));
    this.row = el("div", { class: "row" }, this.copy, this.feedback.good, this.feedback.bad, this.again, this.pager(),
      this.feedback.more);
    return [this.row, this.feedback.panel];
  }

  async copyAll() {
    await copyText(this.message.text);
    this.copy.replaceChildren(icon("check"));
    this.copy.setAttribute("aria-label", t("copied"));
    setTimeout(() => {
      this.copy.replaceChildren(icon("copy"));
      this.copy.setAttribute("aria-label", t("copy"));
    }, COPIED_MS);
  }

  edit(text = this.message.text) {
    if (this.editor) return;
    this.editor = editBox(text, {
      onSave: (changed) => { if (this.actions.edit(this.message.id, changed)) this.endEdit(); },
      onCancel: () => { this.endEdit(); this.editButton.focus(); },
    });
    this.root.classList.add("editing");
    this.root.append(this.editor.box);
    this.editor.field.focus();
  }

  endEdit() {
    this.editor.box.remove();
    this.editor = null;
    this.root.classList.remove("editing");
  }

  // --- Painting --------------------------------------------------------------------------------------------

  /** scene: {busy, waiting, model, isLast}: what around the message changes how it looks. */
  update(message, scene) {
    const key = `${scene.busy}|${scene.isLast}|${JSON.stringify(scene.waiting)}|${JSON.stringify(scene.model)}`;
    if (message === this.message && key === this.scene) return;
    this.message = message;
    this.scene = key;
    this.paintFrame(message, scene);
    this.paintText(message);
    this.paintState(message, scene);
    this.paintSources(message.sources ?? []);
    this.paintWho(message);
    this.paintRow(message, scene);
  }

  paintFrame(message, { isLast, waiting }) {
    this.root.classList.toggle("waiting", Boolean(waiting));
    this.root.dataset.status = message.status;
    this.root.dataset.messageId = message.id;
    this.root.classList.toggle("pending", Boolean(message.pending));
    this.root.classList.toggle("last", isLast);
    const lang = otherLanguage(wordsOf(message)); // a reply has no language of its own before it has words
    if (lang) this.text.lang = lang;
    else this.text.removeAttribute("lang");
  }

  paintText(message) {
    const plain = message.role === "assistant" ? withoutStars(wordsOf(message)) : message.text;
    if (message.html === null || message.html === undefined) this.paintPlain(plain);
    else if (message.html !== this.html) this.paintRich(message.html);
  }

  /** While words arrive only text nodes are added: nothing that was shown is touched again. */
  paintPlain(text) {
    if (this.html === null && text.startsWith(this.shown)) {
      if (text.length > this.shown.length) this.text.append(text.slice(this.shown.length));
    } else {
      this.text.textContent = text;
    }
    this.html = null;
    this.shown = text;
    this.text.className = "plain";
  }

  /** The one place where HTML goes in: rendered and sanitised by our server when the answer was done. */
  paintRich(html) {
    this.text.innerHTML = html;
    this.html = html;
    this.shown = "";
    this.text.className = "rich";
    enhance(this.text);
  }

  paintState(message, scene) {
    const parts = message.status === "streaming" ? this.progress(message, scene) : this.ending(message, scene);
    const key = `${parts.map((part) => part.textContent).join("|")}|${scene.busy}`;
    this.state.hidden = !parts.length;
    if (key !== this.stateKey) this.state.replaceChildren(...parts);
    this.stateKey = key;
    const bar = this.state.querySelector("progress");
    if (bar) bar.value = scene.model?.progress ?? 0;
  }

  progress(message, { waiting, model }) {
    if (waiting?.state === "starting") {
      const label = modelWords(model, waiting);
      return [el("span", { text: label }), el("progress", { max: 1, value: 0, "aria-label": label })];
    }
    if (waiting) return [el("span", { text: queueWords(waiting) })];
    const words = t(message.structured ? "result.writing" : "reply.writing");
    return wordsOf(message) ? [] : [el("span", { class: "late", text: words })];
  }

  ending(message, scene) {
    if (message.pending) return [el("span", { class: "late", text: t("pending") })];
    if (message.role === "user" || message.status === "complete") return [];
    const words = [el("strong", { text: t(`status.${message.status}`) })];
    if (message.detail) words.push(el("span", { text: message.detail }));
    return [icon(message.status), ...words, el("span", { class: "remedies" }, ...this.remedies(message, scene))];
  }

  remedies(message, { isLast, busy }) {
    const id = message.id;
    const goOn = isLast && message.status !== "failed" && message.text !== "";
    const retry = message.status !== "stopped";
    const button = (key, onclick) => el("button", { type: "button", class: "link", text: t(key), onclick, disabled: busy });
    return [goOn ? button("continue", () => this.actions.resume(id)) : null,
      retry ? button("retry", () => this.actions.regenerate(id)) : null];
  }

  /** Links to the help pages, which open beside the conversation; what is no longer published is only named. */
  paintSources(sources) {
    const key = JSON.stringify(sources) + this.text.lang;
    if (key === this.sourcesKey) return;
    this.sourcesKey = key;
    const [before, after] = t(sources.length > 1 ? "sources" : "source").split("{titles}");
    const titles = sources.flatMap((source, index) => [index ? " · " : "", sourceLink(source, this.text.lang)]);
    this.sources.hidden = !sources.length;
    this.sources.replaceChildren(before, ...titles, after);
  }

  /** Small talk needs no article, so nobody asks how sure it is. */
  paintWho({ engine, confidence, abstained }) {
    const sure = abstained ? "unknown" : confidence;
    this.who.hidden = !engine || !sure;
    if (this.who.hidden) return;
    setText(this.who, t(`by.${engine}`, { sure: t(`sure.${sure}`) }));
    this.who.title = t(`why.${engine}`);
  }

  paintRow(message, scene) {
    this.row.hidden = message.status === "streaming" || Boolean(message.pending);
    this.paintPager(message.versions, scene.busy);
    if (this.editButton) this.editButton.disabled = scene.busy;
    if (!this.feedback) return;
    this.again.disabled = scene.busy;
    for (const tool of [this.copy, this.feedback.good, this.feedback.bad]) tool.hidden = !message.text;
    this.feedback.update(message.feedback ?? null);
  }

  paintPager({ ids, index }, busy) {
    this.versions.hidden = ids.length < 2;
    setText(this.count, t("version.count", { n: index + 1, total: ids.length }));
    this.previous.disabled = busy || index === 0;
    this.next.disabled = busy || index >= ids.length - 1;
  }
}

function sourceLink({ title, url }, lang) {
  const href = url && lang ? `${url}?lang=${lang}` : url;
  return url ? el("a", { href, target: "_blank", rel: "noopener", lang: lang || null, text: title }) : title;
}

/** What of an answer is for reading: a result's JSON is not, and its table is in the reader's language. */
function wordsOf(message) {
  return message.structured ? "" : message.text;
}

/** A running answer without the marks of bold type, which its HTML will not show either. */
function withoutStars(text) {
  return text.replace(/\*\*|\*$/g, "");
}

export function modelWords(model, waiting = null) {
  const seconds = model?.eta_s ?? waiting?.wait_s ?? null;
  return seconds === null ? t("model.starting") : t("model.starting_eta", { time: duration(seconds) });
}

/** position counts from 1: the next to be served. */
export function queueWords({ position, wait_s }) {
  const before = position - 1;
  const place = before > 1 ? t("queue.many", { n: before }) : t(before === 1 ? "queue.one" : "queue.next");
  return wait_s === null || wait_s === undefined ? place : t("queue.time", { place, time: duration(wait_s) });
}
