/* One short message with a way back. It stays until it is used, closed or replaced: no race against a clock. */

import { el, icon, t } from "./dom.js";

export class Toast {
  constructor(region) {
    this.region = region;
  }

  show(sentence, action = null) {
    const close = el("button", { type: "button", class: "tool", "aria-label": t("close"), onclick: () => this.hide() },
      icon("close"));
    const act = action && el("button", { type: "button", class: "link", text: action.label,
      onclick: () => { this.hide(); action.run(); } });
    this.region.replaceChildren(el("div", { class: "toast" }, el("span", { text: sentence }), act, close));
  }

  hide() {
    this.region.replaceChildren();
  }
}
