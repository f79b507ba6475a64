/* Two answers side by side, and the vote on them. Loaded when somebody compares; the answers themselves are
   messages like any other, which this marks as A and B, and puts the vote below. */

import { el, icon, setText, t } from "./dom.js";

const SIDES = ["a", "b"];
const VOTES = { a: "A", b: "B", tie: "T", both_bad: "X" };
const BAD = "both_bad";
const BROKEN = new Set(["stopped", "failed", "interrupted"]);
let box = null;

/** parts: {log, choices: {engines, reasons}, vote(id, {better, reasons, guess})}. */
export function paint(state, parts) {
  const { comparison } = state;
  for (const card of parts.log.querySelectorAll("[data-side]")) {
    if (!comparison?.messages.includes(card.dataset.messageId)) unmark(card);
  }
  parts.log.classList.toggle("pair", Boolean(comparison));
  if (box && box.id !== comparison?.id) box = box.remove();
  if (!comparison) return;
  const cards = comparison.messages.map((id) => parts.log.querySelector(`[data-message-id="${id}"]`));
  if (cards.includes(null)) return;
  cards.forEach((card, index) => mark(card, index, comparison, parts.choices));
  box ??= new VoteBox(comparison.id, parts);
  if (cards[1].nextElementSibling !== box.root) cards[1].after(box.root);
  box.update(comparison, state);
}

// --- The cards ---------------------------------------------------------------------------------------------

function mark(card, index, { verdict, engines }, choices) {
  const side = SIDES[index];
  if (!card.dataset.side) {
    card.dataset.side = side;
    card.setAttribute("aria-labelledby", `answer-${side}`);
    card.prepend(el("h2", { class: "side-name", id: `answer-${side}` }, el("span", { text: t(`compare.${side}`) })));
  }
  const chosen = verdict && (verdict.better === side || (verdict.better === "tie" && side === "a"));
  card.classList.toggle("chosen", Boolean(chosen));
  const name = card.querySelector(".side-name");
  if (!engines || name.childElementCount > 1) return;
  name.append(el("span", { class: "side-engine", text: authorOf(engines[index], choices) }));
  if (chosen) name.append(el("span", { class: "side-chosen" }, icon("check"), t("compare.chosen")));
}

function unmark(card) {
  delete card.dataset.side;
  card.removeAttribute("aria-labelledby");
  card.classList.remove("chosen");
  card.querySelector(".side-name").remove();
}

function authorOf({ name, confidence }, choices) {
  const label = choices?.engines.find((engine) => engine.code === name)?.label ?? name;
  if (confidence === null) return label;
  return `${label} · ${t("compare.sure", { percent: Math.round(confidence * 100) })}`;
}

// --- The vote ----------------------------------------------------------------------------------------------

class VoteBox {
  constructor(id, parts) {
    Object.assign(this, { id, parts, sent: false, notice: null, decided: false });
    this.status = el("p", { class: "vote-status", role: "status", tabindex: "-1" });
    this.form = this.buildForm();
    this.root = el("section", { class: "vote", "aria-label": t("compare.ready") }, this.status, this.form);
    this.onKey = (event) => this.key(event);
    parts.log.closest("[role=log]").addEventListener("keydown", this.onKey);
  }

  remove() {
    this.parts.log.closest("[role=log]").removeEventListener("keydown", this.onKey);
    this.root.remove();
    return null;
  }

  buildForm() {
    const { engines, reasons } = this.parts.choices ?? { engines: [], reasons: { better: [], bad: [] } };
    const votes = Object.entries(VOTES).map(([code, key]) => chip("better", code, t(`compare.vote.${code}`), key));
    this.why = { better: set(t("compare.why"), ticks(reasons.better)), bad: set(t("compare.why"), ticks(reasons.bad)) };
    const names = [...engines, { code: "unsure", label: t("compare.unsure") }];
    this.guess = set(t("compare.guess"), names.map(({ code, label }) => chip("guess", code, label)));
    this.send = el("button", { type: "submit", class: "button primary", text: t("compare.send") });
    this.hint = el("p", { class: "vote-hint", text: t("compare.hint") });
    const choice = set(t("compare.ready"), votes);
    choice.firstChild.className = "vh"; // the line above says it
    const form = el("form", { class: "vote-form", hidden: true, onsubmit: (event) => this.submit(event), onchange: () => this.chose() },
      choice, this.why.better, this.why.bad, this.guess, this.send, this.hint);
    return form;
  }

  get better() {
    return this.form.elements.better.value;
  }

  /** What goes with the choice appears below it. */
  chose() {
    const { better } = this;
    this.why.better.hidden = !better || better === BAD;
    this.why.bad.hidden = better !== BAD;
    this.guess.hidden = this.send.hidden = !better;
    this.hint.hidden = Boolean(better);
  }

  /** A, B, T, X while the reader is among the messages; in a text field they are letters. */
  key(event) {
    const code = Object.keys(VOTES).find((one) => VOTES[one].toLowerCase() === event.key.toLowerCase());
    const typing = event.target.closest("textarea, input:not([type=radio], [type=checkbox])");
    if (!code || this.form.hidden || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const choice = this.form.querySelector(`[name=better][value=${code}]`);
    choice.checked = true;
    choice.focus();
    this.chose();
  }

  submit(event) {
    event.preventDefault();
    if (this.sent || !this.better) return;
    this.sent = this.send.disabled = true;
    const shown = this.better === BAD ? this.why.bad : this.why.better;
    const reasons = [...shown.querySelectorAll("input:checked")].map((one) => one.value);
    this.parts.vote(this.id, { better: this.better, reasons, guess: this.form.elements.guess.value });
  }

  update({ messages, verdict }, state) {
    if (verdict) return this.decide(verdict);
    const statuses = messages.map((id) => state.messages.find((message) => message.id === id).status);
    const open = !statuses.includes("streaming") || statuses.some((status) => BROKEN.has(status));
    this.form.hidden = !open;
    setText(this.status, t(open ? "compare.ready" : "compare.writing"));
    if (state.notice !== this.notice) this.sent = false; // refused: it can be tried again
    this.notice = state.notice;
    this.send.disabled = this.sent;
    this.chose();
  }

  decide({ better, guess_right }) {
    if (this.decided) return;
    this.decided = true;
    const hadFocus = this.form.contains(document.activeElement);
    this.form.hidden = true;
    const guess = guess_right === null ? "" : t(guess_right ? "compare.right" : "compare.not_right");
    setText(this.status, `${t(`compare.done.${better}`)} ${guess}`.trim());
    if (hadFocus) this.status.focus();
  }
}

function set(legend, chips) {
  return el("fieldset", {}, el("legend", { text: legend }), el("div", { class: "chips" }, ...chips));
}

function ticks(reasons) {
  return reasons.map(({ code, label }) => el("label", { class: "chip" },
    el("input", { type: "checkbox", value: code }), el("span", { text: label })));
}

function chip(name, value, label, key = "") {
  const words = el("span", { text: label });
  if (key) words.append(el("kbd", { text: key, "aria-hidden": "true" }));
  return el("label", { class: "chip" }, el("input", { type: "radio", name, value }), words);
}
