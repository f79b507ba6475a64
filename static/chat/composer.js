/* The message field: grows to eight lines, counts near the limit, keeps its draft over a reload. */

import { recall, remember, setText, t } from "./dom.js";
import { onEnter } from "./ime.js";

const COUNT_FROM = 0.8;
const DOUBLE_CLICK_MS = 400;

export class Composer {
  /** parts: {form, field, send, stop, counter}; actions: {send(text) -> accepted, stop(), refuse(sentence or null)}. */
  constructor(parts, actions, limit) {
    Object.assign(this, { parts, actions, limit, busy: false, key: "draft:new", clickedAt: -Infinity });
    const { form, field, stop } = parts;
    form.addEventListener("submit", (event) => { event.preventDefault(); this.clicked(); });
    onEnter(field, () => this.submit());
    field.addEventListener("input", () => { this.changed(); actions.refuse(null); });
    stop.addEventListener("click", () => this.stopped());
  }

  /** Which conversation the draft belongs to. */
  open(conversationId, { carry = false } = {}) {
    const draft = carry ? this.parts.field.value : null;
    if (carry) remember(localStorage, this.key, null);
    this.key = `draft:${conversationId ?? "new"}`;
    this.parts.field.value = draft ?? recall(localStorage, this.key) ?? this.parts.field.value;
    this.changed();
  }

  /** A question from the page's address; after a draft that was there already, and only once. */
  suggest(text) {
    const { field } = this.parts;
    if (text && !field.value.includes(text)) this.fill([field.value, text].filter(Boolean).join("\n"));
    if (text) this.focus();
  }

  fill(text) {
    this.parts.field.value = text;
    this.changed();
  }

  focus() {
    this.parts.field.focus();
  }

  /** Puts a refused text back, in front of what was typed since. */
  restore(text) {
    const { field } = this.parts;
    field.value = [text, field.value].filter(Boolean).join("\n");
    this.changed();
  }

  setBusy(busy) {
    if (busy === this.busy) return;
    this.busy = busy;
    const { send, stop } = this.parts;
    const hadFocus = [send, stop].includes(document.activeElement);
    send.hidden = busy;
    stop.hidden = !busy;
    if (hadFocus) this.focus();
  }

  clicked() {
    this.clickedAt = performance.now();
    this.submit();
  }

  submit() {
    const text = this.parts.field.value.trim();
    this.focus();
    if (!text) return;
    if (this.busy) return this.actions.refuse(t("busy"));
    const over = length(text) - this.limit;
    if (over > 0) return this.actions.refuse(t(over === 1 ? "too_long.one" : "too_long.many", { n: over }));
    this.parts.field.value = "";
    this.changed();
    this.actions.send(text);
  }

  /** The second half of a double click on Send lands on Stop and is not meant. */
  stopped() {
    if (performance.now() - this.clickedAt > DOUBLE_CLICK_MS) this.actions.stop();
    this.focus();
  }

  changed() {
    const { field } = this.parts;
    remember(localStorage, this.key, field.value);
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`; // the stylesheet caps it at eight lines
    this.count(length(field.value));
  }

  count(used) {
    const { counter, field } = this.parts;
    const near = used >= this.limit * COUNT_FROM;
    counter.hidden = !near;
    field.toggleAttribute("data-over", used > this.limit);
    field.setAttribute("aria-invalid", String(used > this.limit));
    if (!near) return;
    const key = used > this.limit ? "counter.over" : "counter";
    setText(counter, t(key, { n: used.toLocaleString(), total: this.limit.toLocaleString() }));
    counter.classList.toggle("over", used > this.limit);
  }
}

/** Characters as the server counts them: an emoji is one. */
function length(text) {
  return [...text].length;
}
