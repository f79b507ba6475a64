/* The list of conversations: search, rename, delete with a way back. */

import { el, iconButton, t } from "./dom.js";
import { get, post } from "./http.js";
import { composing, onEnter, onEscape } from "./ime.js";

const TYPING_PAUSE_MS = 250;

export class Sidebar {
  /** parts: {list, search, empty}; hooks: {current() -> id, deleted(item), restored(item),
      failed(error), model(status), toast}. */
  constructor(parts, urls, hooks) {
    Object.assign(this, { parts, urls, hooks, items: [], round: 0, open: null });
    parts.search.addEventListener("input", () => this.typed());
    onEnter(parts.search, () => this.refresh());
    onEscape(parts.search, () => { parts.search.value = ""; this.refresh(); });
    parts.list.addEventListener("keydown", (event) => this.arrow(event));
    addEventListener("focus", () => this.refresh());
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), TYPING_PAUSE_MS);
  }

  async refresh() {
    clearTimeout(this.timer);
    const round = ++this.round;
    const query = this.parts.search.value.trim();
    const url = query ? `${this.urls.list}?q=${encodeURIComponent(query)}` : this.urls.list;
    const answer = await get(url).catch(() => null); // the list is a convenience: the next refresh tries again
    if (!answer || round !== this.round) return;
    this.hooks.model(answer.model);
    this.items = answer.conversations;
    this.paint();
  }

  paint() {
    if (this.editing) return;
    const shown = this.items.map((item) => `${item.id}|${item.title}`).join("\n");
    const key = `${this.hooks.current()}|${this.open}|${shown}`;
    this.parts.empty.hidden = this.items.length > 0;
    this.parts.empty.textContent = t(this.parts.search.value.trim() ? "list.nothing_found" : "list.empty");
    if (key === this.key) return;
    this.key = key;
    const focused = this.parts.list.contains(document.activeElement) ? document.activeElement.id : "";
    this.parts.list.replaceChildren(...this.items.map((item) => this.row(item)));
    if (focused) document.getElementById(focused)?.focus();
  }

  row(item) {
    const current = item.id === this.hooks.current();
    const open = this.open === item.id;
    const name = item.title || t("untitled");
    const link = el("a", { href: item.url, id: `open-${item.id}`, text: name, "aria-current": current ? "page" : null });
    const more = iconButton("more", t("list.more", { title: name }), () => this.toggle(item.id),
      { "aria-expanded": String(open), id: `more-${item.id}` });
    return el("li", { class: current ? "current" : "" }, link, more, open ? this.tools(item) : null);
  }

  toggle(id) {
    this.open = this.open === id ? null : id;
    this.paint();
  }

  tools(item) {
    const button = (key, act) => el("button", { type: "button", class: "link", id: `${key}-${item.id}`, text: t(key),
      onclick: act });
    const box = el("div", { class: "list-tools" }, button("list.rename", () => this.rename(item)),
      button("list.delete", () => this.remove(item)));
    onEscape(box, () => { this.toggle(item.id); document.getElementById(`more-${item.id}`)?.focus(); });
    return box;
  }

  /** Up and down walk through the list. */
  arrow(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || composing(event) || event.target.tagName !== "A") return;
    event.preventDefault();
    const links = [...this.parts.list.querySelectorAll("a")];
    links[links.indexOf(event.target) + step]?.focus();
  }

  // --- Rename ----------------------------------------------------------------------------------------------

  rename(item) {
    const field = el("input", { type: "text", maxlength: 120, "aria-label": t("list.new_title"), autocomplete: "off" });
    field.value = item.title;
    this.editing = true;
    document.getElementById(`open-${item.id}`).replaceWith(field);
    field.select();
    onEnter(field, () => this.finish(item, field.value.trim()));
    onEscape(field, () => this.finish(item, ""));
    field.addEventListener("blur", () => this.finish(item, field.value.trim()));
  }

  async finish(item, title) {
    if (!this.editing) return;
    this.editing = false;
    this.open = null;
    this.key = "";
    const old = item.title;
    if (title) item.title = title;
    this.paint();
    document.getElementById(`more-${item.id}`)?.focus();
    if (!title || title === old) return;
    await post(`${item.url}rename/`, { title }).catch((error) => {
      item.title = old;
      this.hooks.failed(error);
    });
    this.refresh();
  }

  // --- Delete, and back ------------------------------------------------------------------------------------

  async remove(item) {
    const index = this.items.indexOf(item);
    this.items = this.items.filter((other) => other !== item);
    this.open = null;
    this.paint();
    const next = this.items[index] ?? this.items[index - 1];
    (next ? document.getElementById(`open-${next.id}`) : this.parts.search).focus();
    try {
      await post(`${item.url}delete/`);
    } catch (error) {
      this.hooks.failed(error);
      return this.refresh();
    }
    this.hooks.toast.show(t("list.deleted", { title: item.title || t("untitled") }),
      { label: t("undo"), run: () => this.restore(item) });
    this.hooks.deleted(item);
  }

  async restore(item) {
    await post(`${item.url}restore/`).catch((error) => this.hooks.failed(error));
    await this.refresh();
    this.hooks.restored(item);
    document.getElementById(`open-${item.id}`)?.focus();
  }
}
