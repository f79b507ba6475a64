/* The answer word by word: what else was likely, on hover and on focus. One stop of the Tab key, arrows between words. */

import { el, t } from "../chat/dom.js";

export function showWords(body, data, lookInside) {
  const words = [...body.querySelectorAll("[data-word]")];
  const details = body.querySelector(".word-details");
  if (!words.length) return;
  let kept = null; // chosen by a click: stays until another one is

  const tell = (word) => details.replaceChildren(...described(word, data, lookInside));
  for (const word of words) {
    word.setAttribute("aria-pressed", "false");
    word.addEventListener("focus", () => tell(word));
    word.addEventListener("mouseenter", () => kept ?? tell(word));
    word.addEventListener("click", () => {
      kept?.setAttribute("aria-pressed", "false");
      kept = kept === word ? null : word;
      kept?.setAttribute("aria-pressed", "true");
      tell(word);
    });
  }
  body.querySelector(".words").addEventListener("keydown", (event) => {
    const at = words.indexOf(document.activeElement);
    if (at >= 0 && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      words[at].click();
      return;
    }
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + 10, ArrowUp: at - 10, Home: 0, End: words.length - 1 }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    const to = words[Math.min(Math.max(next, 0), words.length - 1)];
    for (const word of words) word.tabIndex = word === to ? 0 : -1;
    to.focus();
  });
}

function described(word, data, lookInside) {
  const [first, last] = data.words[Number(word.dataset.word)];
  const parts = data.tokens.slice(first, last + 1);
  const tables = parts.map((part, i) => alternatives(part, first + i, data, lookInside));
  return [
    el("h3", { text: word.getAttribute("aria-label") }),
    parts.length > 1 ? el("p", { class: "note", text: `${t("parts")}: ${parts.length}` }) : null,
    el("div", { class: "alternatives" }, ...tables),
  ].filter(Boolean);
}

function alternatives(part, token, data, lookInside) {
  const rows = part.top.map(([text, share, said]) => row(text, share, said));
  if (!part.top.some(([, , said]) => said)) rows.push(row(part.text, part.share, true, part.rank));
  const button = el("button", { class: "link", type: "button", text: t("inside", { word: part.text.trim() || part.text }), onclick: () => lookInside(token, data) });
  const head = el("thead", {}, el("tr", {}, el("th", { scope: "col", text: t("likeliest") }), el("th", { scope: "col", class: "num", text: t("share") })));
  return el("div", {}, el("table", {}, head, el("tbody", {}, ...rows)), button);
}

function row(text, share, said, rank = null) {
  const note = said ? ` (${t("chosen")}${rank ? `, ${t("rank")} ${rank}` : ""})` : "";
  return el("tr", { class: said ? "was-said" : "" }, el("th", { scope: "row" }, el("code", { text }), note), el("td", { class: "num", text: share }));
}
