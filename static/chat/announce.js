/* What a screen reader hears: every finished sentence of a running answer, politely and once, and the
   state in which the answer ended. The transcript itself is silent (aria-live off). */

import { el, otherLanguage, t } from "./dom.js";

// A Latin full stop ends a sentence only before a space (not in 3.5); Chinese ends stand by themselves.
const SENTENCE = /[^\n]*?(?:[.!?…]+["'”’)\]]*(?=\s)|[。！？；…]+[”’）」』]*|\n)/gu;
const MARKUP = /[*_`#>|]+|\]\([^)]*\)|\[|^-{3,}$/gmu;
const KEPT = 12;

export function finishedSentences(text) {
  return text.match(SENTENCE) ?? [];
}

export class Announcer {
  constructor(region) {
    this.region = region;
    this.spoken = new Map(); // message id -> length of the text that was read out
    this.said = "";
  }

  /** Compares two states of the page and says what is new. */
  update(before, after) {
    const old = new Map(before.messages.map((message) => [message.id, message]));
    for (const message of after.messages) {
      if (message.role !== "assistant" || old.get(message.id) === message) continue;
      if (after.comparison?.messages.includes(message.id)) continue; // two at once cannot be listened to
      this.follow(message, old.get(message.id), before.loaded);
    }
    this.state(after);
  }

  follow(message, before, live) {
    const running = message.status === "streaming";
    if (!this.spoken.has(message.id)) {
      if (!running) return; // history
      this.spoken.set(message.id, live && !before ? 0 : message.text.length);
    }
    if (message.structured) return this.result(message, before);
    const rest = message.text.slice(this.spoken.get(message.id));
    const ready = running ? finishedSentences(rest).join("") : rest;
    if (ready) this.spoken.set(message.id, this.spoken.get(message.id) + ready.length);
    this.say(ready);
    if (!running && before?.status === "streaming") this.ended(message);
  }

  /** Nobody wants to hear JSON. */
  result(message, before) {
    if (message.status === "streaming" || before?.status !== "streaming") return;
    if (message.status === "complete") this.say(t("result.ready"));
    this.ended(message);
  }

  ended(message) {
    if (message.status !== "complete") this.say(`${t(`status.${message.status}`)}. ${message.detail ?? ""}`);
  }

  /** Waiting is said when its kind or the place changes, not with every second of the countdown. */
  state({ waiting, model }) {
    const words = waiting ? t(waiting.state === "starting" ? "model.starting" : "announce.queued") : "";
    const key = waiting ? `${waiting.state}:${waiting.position}:${model?.state}` : "";
    if (key !== this.said) this.say(words);
    this.said = key;
  }

  say(text) {
    const words = text.replace(MARKUP, "").trim();
    if (!words) return;
    this.region.append(el("p", { text: words, lang: otherLanguage(words) }));
    while (this.region.childElementCount > KEPT) this.region.firstElementChild.remove();
  }
}
