/* The line above the composer: what the connection and the model are doing, in words; and refusals. */

import { setText, t } from "./dom.js";
import { modelWords } from "./message.js";
import { isBusy } from "./store.js";

const PATIENCE_MS = 1000; // an ordinary connection needs no words

export class StatusLine {
  /** parts: {line: role=status, notice: role=alert}. */
  constructor(parts) {
    Object.assign(this, { parts, current: "open", patient: true, state: null });
    addEventListener("online", () => this.paint());
    addEventListener("offline", () => this.paint());
  }

  connecting() {
    this.current = "connecting";
    setTimeout(() => { this.patient = false; this.paint(); }, PATIENCE_MS);
  }

  mode(mode) {
    this.current = mode;
    this.paint();
  }

  update(state) {
    this.state = state;
    this.paint();
  }

  paint() {
    const words = this.connectionWords() || this.modelWords();
    setText(this.parts.line, words);
    this.parts.line.hidden = !words;
    this.parts.line.dataset.mode = this.current;
  }

  connectionWords() {
    if (this.current === "gone") return t("connection.gone");
    if (!navigator.onLine) return t("connection.offline");
    if (this.current === "polling") return t("connection.polling");
    if (this.current === "connecting") return this.patient ? "" : t("connection.connecting");
    if (this.current !== "reconnecting") return "";
    return t(this.state && isBusy(this.state) ? "connection.lost_busy" : "connection.lost");
  }

  /** While a reply waits for the model its own line says so. */
  modelWords() {
    const { model, waiting } = this.state ?? {};
    if (!model || waiting) return "";
    if (model.state === "starting") return t("model.ask_already", { words: modelWords(model) });
    return model.state === "failed" ? model.detail : "";
  }

  /** A refusal: what happened, and what to do. */
  notice(notice) {
    const words = notice?.detail ?? "";
    setText(this.parts.notice, words);
    this.parts.notice.hidden = !words;
  }
}
