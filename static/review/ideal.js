/* The ideal answer: begun from a text that there is, shown as a difference to what was said. */

import { el, t } from "../chat/dom.js";
import { HttpError } from "../chat/http.js";

const PAUSE_MS = 350; // after the last key

export class Ideal {
  constructor(card, server) {
    this.card = card;
    this.server = server;
    this.box = card.form.querySelector(".ideal");
    this.field = card.form.elements.ideal;
    this.button = card.form.querySelector(".open-ideal");
    this.lines = this.box.querySelector(".lines");
    this.problems = this.box.querySelector(".problems");
    this.source = "";
    this.asked = 0;
    this.button.addEventListener("click", () => this.open());
    this.field.addEventListener("input", () => {
      this.source ||= "typed";
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.compare(), PAUSE_MS);
    });
  }

  get text() {
    return this.field.value.trim();
  }

  async open() {
    this.box.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.field.focus();
    if (this.beginnings) return;
    this.beginnings = [];
    await this.ask(async () => {
      this.beginnings = (await this.server.ideal(this.card.id)).beginnings;
      const none = { source: "typed", label: t("empty.text"), text: "" };
      this.box.querySelector(".beginnings").replaceChildren(el("span", { class: "note", text: `${t("beginnings")}:` }),
        ...[...this.beginnings, none].map((one) => el("button", {
          type: "button", class: "link", text: one.label, onclick: () => this.fill(one.text, one.source) })));
      if (!this.field.value && this.beginnings.length) this.fill(this.beginnings[0].text, this.beginnings[0].source);
    });
  }

  fill(text, source) {
    this.box.hidden = false;
    this.field.value = text;
    this.source = source;
    if (this.field.isConnected) this.field.focus();
    this.compare();
  }

  compare() {
    const number = ++this.asked;
    return this.ask(async () => {
      const found = await this.server.difference(this.card.id, this.field.value);
      if (number === this.asked) this.draw(found);
    });
  }

  draw({ lines, problems }) {
    this.problems.textContent = problems.join(" ");
    const same = lines.every((line) => line.every((piece) => piece.kind === "same"));
    this.lines.hidden = !this.field.value;
    this.lines.replaceChildren(...(same ? [el("span", { text: t("same") })] : lines.map(drawn)));
  }

  async ask(work) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.problems.textContent = error.detail || t("failed");
    }
  }
}

function drawn(line) {
  const tags = { same: "span", added: "ins", removed: "del" };
  return el("div", {}, ...line.map((piece) => el(tags[piece.kind], { text: piece.text })));
}
