/* What the page adds to a rendered answer: a copy button on code, and tables that scroll by themselves. */

import { copyText, el, setText, t } from "./dom.js";

const COPIED_MS = 2000;

export function enhance(root) {
  for (const pre of root.querySelectorAll("pre")) wrapCode(pre);
  for (const table of root.querySelectorAll("table")) wrapTable(table);
}

function wrapCode(pre) {
  const button = el("button", { type: "button", class: "link", text: t("copy.code") });
  button.addEventListener("click", () => copyCode(button, pre.textContent));
  const box = el("div", { class: "code" }, el("div", { class: "code-top" }, button));
  pre.replaceWith(box);
  pre.tabIndex = 0; // long lines must be reachable by keyboard
  box.append(pre);
}

async function copyCode(button, text) {
  await copyText(text);
  setText(button, t("copied"));
  setTimeout(() => setText(button, t("copy.code")), COPIED_MS);
}

function wrapTable(table) {
  const box = el("div", { class: "table", tabindex: 0, role: "group", "aria-label": t("table") });
  table.replaceWith(box);
  box.append(table);
}
