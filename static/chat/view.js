/* Paints the transcript: one keyed list, changed in place. */

import { MessageView } from "./message.js";
import { Follower } from "./scroll.js";
import { isBusy, rows } from "./store.js";

const NEAR = 60; // messages at the end that are laid out even out of sight

export class Transcript {
  /** parts: {scroller, column, log, older, newWords}; actions: see message.js, plus loadOlder(). */
  constructor(parts, actions, reasons) {
    Object.assign(this, { parts, actions, reasons, views: new Map(), state: null });
    this.follower = new Follower(parts.scroller, parts.column, {
      onNewBelow: (there) => { parts.newWords.hidden = !there; },
      onNearTop: () => this.nearTop(),
    });
    parts.newWords.addEventListener("click", () => this.jump());
  }

  jump() {
    this.follower.jump();
  }

  nearTop() {
    if (this.state?.hasOlder) this.actions.loadOlder(this.state.messages[0].id);
  }

  paint(state) {
    this.state = state;
    const messages = rows(state);
    this.follower.empty = messages.length === 0;
    this.follower.around(() => this.paintList(messages, state), this.anchor());
    this.hint(messages.at(-1));
    // A screen taller than the page of messages has nothing to scroll: fetch on until it has.
    if (state.loaded && this.parts.scroller.scrollTop === 0) this.nearTop();
  }

  /** "New words below" appears when the last message grows out of the reader's sight. */
  hint(last) {
    const mark = last ? `${keyOf(last)}:${last.text.length}` : "";
    if (this.mark !== undefined && mark !== this.mark && !this.follower.atEnd()) this.parts.newWords.hidden = false;
    this.mark = mark;
  }

  /** The topmost message that the reader sees; only needed when they read and do not follow. */
  anchor() {
    if (this.follower.following) return null;
    const top = this.parts.scroller.getBoundingClientRect().top;
    return [...this.parts.log.children].find((node) => node.getBoundingClientRect().bottom > top);
  }

  paintList(messages, state) {
    this.parts.older.hidden = !state.hasOlder;
    const keep = new Set(messages.map(keyOf));
    for (const [key, view] of this.views) {
      if (!keep.has(key)) this.remove(key, view);
    }
    const busy = isBusy(state);
    this.next = this.parts.log.firstElementChild;
    messages.forEach((message, index) => this.paintOne(message, index, { state, busy, last: messages.length - 1 }));
  }

  remove(key, view) {
    view.root.remove();
    this.views.delete(key);
  }

  paintOne(message, index, { state, busy, last }) {
    const view = this.viewOf(message);
    const streaming = message.status === "streaming";
    const waiting = streaming && state.waiting?.message_id === message.id ? state.waiting : null;
    const isLast = index === last && !state.comparison?.messages.includes(message.id);
    view.update(message, { busy, isLast, waiting, model: waiting ? state.model : null });
    view.root.classList.toggle("far", last - index > NEAR);
    this.place(view.root);
  }

  /** In order among the messages; what a comparison has put between them stays. */
  place(root) {
    while (this.next && this.next.tagName !== "ARTICLE") this.next = this.next.nextElementSibling;
    if (this.next === root) this.next = root.nextElementSibling;
    else this.parts.log.insertBefore(root, this.next);
  }

  viewOf(message) {
    const key = keyOf(message);
    if (!this.views.has(key)) this.views.set(key, new MessageView(message, this.actions, this.reasons));
    return this.views.get(key);
  }

  /** Opens the edit box again with a text that the server refused. */
  editAgain(id, text) {
    const message = this.state?.messages.find((one) => one.id === id);
    if (message) this.viewOf(message).edit(text);
    return Boolean(message);
  }
}

/** What was typed keeps its element when it becomes a stored message. */
function keyOf(message) {
  return message.client_id || message.id;
}
