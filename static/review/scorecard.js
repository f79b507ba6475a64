/* The scorecard of one answer: ratings by keys or by pointer, a cause for a low one, an ideal answer. */

import { el, t } from "../chat/dom.js";
import { Ideal } from "./ideal.js";

const MAX_MS = 86_400_000;

export class Card {
  constructor({ id, html, said }, { submit, skip, server }) {
    this.id = id;
    const template = document.createElement("template");
    template.innerHTML = html; // made and sanitised by our own server
    this.root = template.content.firstElementChild;
    this.form = this.root.querySelector("form");
    this.criteria = [...this.form.querySelectorAll(".criterion")];
    this.skips = this.form.querySelector(".skips");
    this.wrong = this.form.querySelector(".wrong");
    this.comment = this.form.elements.comment;
    this.ideal = new Ideal(this, server);
    this.onSubmit = submit;
    this.onSkip = skip;
    this.spent = 0;
    this.since = null;
    this.widen();
    this.listen();
    if (said) this.fill(said);
  }

  /** Wide code and tables scroll by themselves, by keyboard too. */
  widen() {
    for (const pre of this.root.querySelectorAll(".words pre")) pre.tabIndex = 0;
    for (const table of this.root.querySelectorAll(".words table")) {
      const box = el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": t("table") });
      table.replaceWith(box);
      box.append(table);
    }
  }

  listen() {
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    for (const criterion of this.criteria) {
      criterion.addEventListener("change", (event) => event.target.type === "radio" && this.rated(criterion));
      criterion.addEventListener("focusin", () => this.enter(criterion));
      criterion.addEventListener("click", () => this.enter(criterion));
    }
    this.form.querySelector(".open-skip").addEventListener("click", () => this.toggleSkip());
    this.skips.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.onSkip(this, button.value);
    });
    document.addEventListener("visibilitychange", () => this.root.isConnected && this.clock(!document.hidden));
  }

  /** It is on the desk now. */
  begin() {
    this.clock(true);
    this.focus(this.criteria.find((one) => !checked(one)) ?? this.criteria[0]);
  }

  clock(running) {
    if (this.since !== null) this.spent += performance.now() - this.since;
    this.since = running ? performance.now() : null;
  }

  enter(criterion) {
    for (const one of this.criteria) one.classList.toggle("here", one === criterion);
  }

  get here() {
    return this.criteria.findIndex((one) => one.classList.contains("here"));
  }

  focus(criterion) {
    if (!criterion) return;
    this.enter(criterion);
    (checked(criterion) ?? criterion.querySelector("input")).focus();
  }

  move(step) {
    this.focus(this.criteria[Math.min(Math.max(this.here + step, 0), this.criteria.length - 1)]);
  }

  rate(value) {
    const criterion = this.criteria[this.here];
    const input = criterion?.querySelector(`input[value="${value}"]`);
    if (!input) return;
    input.checked = true;
    this.rated(criterion);
    if ("low" in input.dataset) criterion.querySelector("select").focus();
    else if (this.here === this.criteria.length - 1) input.focus();
    else this.move(1);
  }

  rated(criterion) {
    criterion.querySelector(".cause").hidden = !("low" in (checked(criterion)?.dataset ?? {}));
    this.wrong.textContent = "";
  }

  toggleSkip(open = this.skips.hidden) {
    this.skips.hidden = !open;
    this.form.querySelector(".open-skip").setAttribute("aria-expanded", String(open));
    if (open) this.skips.querySelector("button").focus();
    else this.focus(this.criteria[Math.max(this.here, 0)]);
  }

  /** Whether a key was for this card. */
  key(event) {
    const writing = event.target.closest?.("textarea");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return this.submit();
    if (event.ctrlKey || event.metaKey) return false;
    if (event.key === "Escape") return this.escape(writing);
    if (writing) return false;
    if (event.target.closest?.("select")) return event.key === "Enter" && this.chosen(event.target);
    return this.skips.hidden ? this.plainKey(event) : this.skipKey(event);
  }

  escape(writing) {
    if (!this.skips.hidden) this.toggleSkip(false);
    else if (writing) this.focus(this.criteria[Math.max(this.here, 0)]);
    else return false;
    return true;
  }

  chosen(select) {
    if (select.value) this.move(1);
    return true;
  }

  skipKey(event) {
    const button = /^[1-9]$/.test(event.key) && this.skips.children[Number(event.key) - 1];
    if (!button) return false;
    this.onSkip(this, button.value);
    return true;
  }

  plainKey(event) {
    const does = {
      ArrowDown: () => this.move(1), ArrowUp: () => this.move(-1),
      ArrowRight: () => this.move(1), ArrowLeft: () => this.move(-1),
      0: () => this.rate("na"), "-": () => this.rate("na"),
      i: () => this.ideal.open(), c: () => this.comment.focus(), s: () => this.toggleSkip(true),
    }[event.key] ?? (/^[1-5]$/.test(event.key) ? () => this.rate(event.key) : null);
    if (does) {
      does();
      return true;
    }
    const elsewhere = event.target.closest?.("a, button");
    return event.key === "Enter" && !elsewhere && this.submit();
  }

  submit() {
    const open = this.criteria.find((one) => !checked(one));
    if (open) {
      this.focus(open);
      this.complain(t("rate.all"));
      return true;
    }
    const select = this.criteria.map((one) => one.querySelector("select")).find((one) => visible(one) && !one.value);
    if (select) {
      select.focus();
      this.complain(t("cause"));
      return true;
    }
    this.complain("");
    this.clock(false);
    this.onSubmit(this);
    return true;
  }

  complain(sentence) {
    this.wrong.textContent = sentence;
  }

  /** What goes to the server. */
  answer() {
    const levels = {};
    const causes = {};
    for (const one of this.criteria) {
      const value = checked(one).value;
      levels[one.dataset.key] = value === "na" ? null : Number(value);
      const select = one.querySelector("select");
      if (visible(select)) causes[one.dataset.key] = select.value;
    }
    return {
      version: Number(this.form.dataset.version), levels, causes,
      ideal_answer: this.ideal.text, ideal_source: this.ideal.source, comment: this.comment.value,
      active_ms: Math.min(Math.round(this.spent), MAX_MS),
    };
  }

  fill({ levels, causes, ideal_answer: text, ideal_source: source, comment }) {
    for (const one of this.criteria) {
      const key = one.dataset.key;
      const input = key in levels && one.querySelector(`input[value="${levels[key] ?? "na"}"]`);
      if (!input) continue;
      input.checked = true;
      this.rated(one);
      one.querySelector("select").value = causes[key] ?? "";
    }
    this.comment.value = comment;
    if (text) this.ideal.fill(text, source);
  }
}

function checked(criterion) {
  return criterion.querySelector("input:checked");
}

function visible(select) {
  return !select.closest(".cause").hidden;
}
