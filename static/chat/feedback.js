/* What the visitor thinks of one answer: two toggle buttons, and a panel that opens in place. Everything is
   saved the moment it is given; there is nothing to submit. */

import { el, iconButton, setText, t } from "./dom.js";
import { onEnter, onEscape } from "./ime.js";

const TYPING_PAUSE_MS = 800;
const COMMENT_CHARS = 2000;
let panels = 0;

export class FeedbackControl {
  /** actions: {set(feedback), clear()}; reasons: {good: [...], bad: [...]} of {code, label}. */
  constructor(actions, reasons) {
    Object.assign(this, { actions, reasons, current: null, open: false, word: "null" });
    this.good = iconButton("good", t("good"), () => this.choose(1), { "aria-pressed": "false" });
    this.bad = iconButton("bad", t("bad"), () => this.choose(-1), { "aria-pressed": "false" });
    this.buildPanel();
    this.more = el("button", {
      type: "button", class: "link", hidden: true, text: t("feedback.change"), "aria-expanded": "false",
      "aria-controls": this.panel.id, onclick: () => this.show(!this.open),
    });
  }

  buildPanel() {
    const id = `feedback-${++panels}`;
    this.legend = el("legend");
    this.chips = el("div", { class: "chips" });
    this.comment = el("input", { type: "text", id: `${id}-comment`, maxlength: COMMENT_CHARS, autocomplete: "off" });
    this.comment.addEventListener("input", () => this.typed());
    this.comment.addEventListener("change", () => this.save());
    onEnter(this.comment, () => this.save());
    this.thanks = el("span", { class: "thanks", role: "status" });
    const remove = el("button", { type: "button", class: "link", text: t("feedback.remove"), onclick: () => this.clear() });
    const close = el("button", { type: "button", class: "link", text: t("feedback.done"), onclick: () => this.close() });
    this.panel = el("fieldset", { id, class: "feedback", hidden: true }, this.legend, this.chips,
      el("label", { for: this.comment.id, text: t("feedback.comment") }), this.comment,
      el("div", { class: "feedback-end" }, this.thanks, remove, close));
    onEscape(this.panel, () => this.close());
  }

  get button() {
    return this.current?.value === 1 ? this.good : this.bad;
  }

  /** A first press rates and opens the panel; pressing the same button again takes the rating back. */
  choose(value) {
    if (this.current?.value === value) return this.clear();
    const comment = this.current?.comment ?? "";
    this.current = { value, reasons: [], comment };
    this.paint();
    this.show(true);
    this.send();
  }

  clear() {
    const { button } = this;
    clearTimeout(this.timer);
    if (this.panel.contains(document.activeElement)) button.focus();
    this.current = null;
    this.clearing = true;
    this.comment.value = "";
    this.paint();
    this.actions.clear();
  }

  close() {
    this.save();
    this.show(false);
    this.button.focus();
  }

  show(open) {
    this.open = open;
    this.paint();
  }

  typed() {
    clearTimeout(this.timer);
    setText(this.thanks, "");
    this.timer = setTimeout(() => this.save(), TYPING_PAUSE_MS);
  }

  /** Takes what the panel says now, if that is news. */
  save() {
    clearTimeout(this.timer);
    if (!this.current) return;
    const reasons = [...this.chips.querySelectorAll("input:checked")].map((box) => box.value);
    const next = { value: this.current.value, reasons, comment: this.comment.value.trim() };
    if (JSON.stringify(next) === JSON.stringify(this.current)) return;
    this.current = next;
    this.send();
  }

  send() {
    this.actions.set(this.current);
  }

  /** The server's word, when it is a new one; what is being typed meanwhile is left alone. */
  update(feedback) {
    const word = JSON.stringify(feedback);
    if (word === this.word) return;
    this.word = word;
    // Our own removal, when a new rating has overtaken it, must not close that one's panel.
    const overtaken = !feedback && this.clearing && this.current;
    if (!feedback) this.clearing = false;
    if (overtaken) return;
    if (feedback && this.open) setText(this.thanks, t("feedback.thanks"));
    if (word === JSON.stringify(this.current) || this.panel.contains(document.activeElement)) return;
    this.current = feedback;
    this.comment.value = feedback?.comment ?? "";
    this.paint();
  }

  paint() {
    const value = this.current?.value ?? 0;
    if (!value) this.open = false;
    this.good.setAttribute("aria-pressed", String(value === 1));
    this.bad.setAttribute("aria-pressed", String(value === -1));
    this.more.hidden = !value || this.open;
    this.more.setAttribute("aria-expanded", String(this.open));
    this.panel.hidden = !this.open;
    if (this.open) this.paintPanel(value);
    else setText(this.thanks, "");
  }

  paintPanel(value) {
    const kind = value === 1 ? "good" : "bad";
    setText(this.legend, t(`feedback.${kind}`));
    if (this.kind !== kind) this.chips.replaceChildren(...this.reasons[kind].map((reason) => this.chip(reason)));
    this.kind = kind;
    for (const box of this.chips.querySelectorAll("input")) box.checked = this.current.reasons.includes(box.value);
    if (document.activeElement !== this.comment) this.comment.value = this.current.comment;
  }

  chip({ code, label }) {
    const box = el("input", { type: "checkbox", value: code, onchange: () => this.save() });
    return el("label", { class: "chip" }, box, el("span", { text: label }));
  }
}
