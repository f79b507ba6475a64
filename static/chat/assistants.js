/* Choosing an assistant on an empty page, and an engine at any time. Loaded where there is something to choose;
   the page itself comes with everything that can be chosen, and what is chosen there goes with the first message. */

import { el } from "./dom.js";

export class Choices {
  /** boot.choices: {offered, names, chosen}; hooks: {getState(), send(command)}. */
  constructor(choices, hooks) {
    Object.assign(this, { choices, hooks, wanted: null, shown: choices.chosen.assistant });
    this.cards = [...document.querySelectorAll("#assistants input")];
    this.engine = document.getElementById("engine");
    this.bar = document.getElementById("with");
    for (const card of this.cards) card.addEventListener("change", () => this.choose({ assistant: card.value }));
    this.engine?.addEventListener("change", () => this.choose({ engine: this.engine.value }));
    const early = this.cards.find((card) => card.checked); // chosen before this script was there
    if (early && early.value !== choices.chosen.assistant) this.choose({ assistant: early.value });
    if (this.engine && this.engine.value !== choices.chosen.engine) this.choose({ engine: this.engine.value });
  }

  /** What holds now: the conversation's, or what its first message will make it. */
  get chosen() {
    const { conversation } = this.hooks.getState();
    const { assistant, engine } = conversation ?? {};
    return { ...this.choices.chosen, ...(assistant === undefined ? {} : { assistant, engine }), ...this.wanted };
  }

  choose(part) {
    const next = { ...this.chosen, ...part };
    if (this.hooks.getState().conversation) {
      this.wanted = next;
      this.hooks.send({ type: "conversation.set", ...next });
    } else {
      Object.assign(this.choices.chosen, next);
      if (part.assistant !== undefined) this.address(next.assistant);
    }
    this.paint();
  }

  /** A reload, or a link to this page, finds the same assistant. */
  address(slug) {
    const here = new URL(location);
    here.searchParams.set("new", "1");
    if (slug) here.searchParams.set("assistant", slug);
    else here.searchParams.delete("assistant");
    history.replaceState(null, "", here);
  }

  /** The server has answered: what it says holds. */
  settle() {
    this.wanted = null;
    this.paint();
  }

  paint() {
    const { assistant, engine } = this.chosen;
    const { messages, pending } = this.hooks.getState();
    for (const card of this.cards) card.checked = card.value === assistant;
    if (this.engine) this.engine.value = engine;
    this.bar.hidden = !messages.length && !pending.length;
    this.bar.firstElementChild.textContent = assistant ? this.choices.names[assistant] ?? assistant : "";
    this.starters(assistant);
  }

  starters(slug) {
    if (slug === this.shown) return;
    this.shown = slug;
    const texts = this.choices.offered.find((one) => one.slug === slug)?.starters ?? [];
    document.querySelector(".starters").replaceChildren(...texts.map((text) => el("li", {}, starter(text))));
  }
}

function starter(text) {
  return el("button", { type: "button", class: "starter", "data-starter": "", text });
}
