/* Reviewing, one answer after the other. What comes next is here before it is needed; a submitted scorecard goes out
   while the next answer is shown, and comes back if the server refuses it. */

import { el, setTexts, t } from "../chat/dom.js";
import { get, HttpError, post } from "../chat/http.js";
import { Card } from "./scorecard.js";

const data = JSON.parse(document.getElementById("queue-data").textContent);
setTexts(data.texts);

const MANY = 1000;
const desk = document.getElementById("desk");
const status = document.getElementById("status");
const links = document.getElementById("links");
const undoButton = document.getElementById("undo");
const keys = document.getElementById("keys");

const cards = []; // the one that is shown, and those that wait
let sending = Promise.resolve(); // requests that change something go out one after the other
let again = false; // somebody waits for an item

const address = (name, id = "") => data.urls[name].replace("{id}", id);

function tell(sentence, after = []) {
  status.textContent = sentence;
  links.replaceChildren(...after.map(({ label, href }) => el("a", { href, target: "_blank", rel: "noopener", text: label })));
}

function problem(error) {
  if (!(error instanceof HttpError)) throw error;
  return error.status === 0 ? t("offline") : error.detail || t("failed");
}

function progress({ today, left }) {
  const key = left >= MANY ? "progress.many" : "progress";
  document.getElementById("progress").textContent = t(key, { today, left });
}

const server = {
  ideal: (id) => get(address("ideal", id)),
  difference: (id, text) => post(address("difference", id), { text }),
};

function add(item, first = false) {
  const card = new Card(item, { submit, skip, server });
  if (first) cards.unshift(card);
  else cards.push(card);
}

function show() {
  const card = cards[0];
  if (!card) {
    desk.replaceChildren(el("p", { class: "note", text: t("empty") }),
      el("button", { type: "button", class: "button", text: t("again"), onclick: refill }));
    return;
  }
  if (desk.firstElementChild === card.root) return;
  desk.replaceChildren(card.root);
  window.scrollTo({ top: 0 });
  card.begin();
}

async function fetchMore() {
  const have = cards.map((card) => card.id);
  const found = await post(address("next"), { have, decide: data.decide });
  for (const item of found.items) if (!cards.some((card) => card.id === item.id)) add(item);
  progress(found.progress);
  show();
}

function inTurn(work) {
  sending = sending.then(work);
  return sending;
}

function refill() {
  return inTurn(() => fetchMore().catch((error) => {
    tell(problem(error));
    if (!cards.length) show();
  }));
}

/** The card leaves the desk at once; if the server does not take it, it is back in front. */
function leave(card, request, accepted) {
  cards.splice(cards.indexOf(card), 1);
  if (cards.length) show();
  else desk.replaceChildren(el("p", { class: "note", text: t("loading") }));
  return inTurn(async () => {
    try {
      accepted(await request());
    } catch (error) {
      const sentence = problem(error);
      tell(sentence);
      if (error.body?.code !== "reservation_lost") {
        cards.unshift(card);
        show();
        card.complain(sentence);
        return;
      }
    }
    await fetchMore().catch((error) => tell(problem(error)));
  });
}

function submit(card) {
  leave(card, () => post(address("submit", card.id), card.answer()), (found) => {
    progress(found.progress);
    const { verdict, percent, author, links: after } = found.reveal;
    tell(t(percent === null ? "submitted.bare" : "submitted", { verdict, percent, author: author || "–" }), after);
    undoButton.hidden = false;
  });
}

function skip(card, reason) {
  leave(card, () => post(address("skip", card.id), { reason }), (found) => {
    progress(found.progress);
    tell(t("skipped"));
  });
}

function undo() {
  inTurn(async () => {
    try {
      const found = await post(address("undo"));
      undoButton.hidden = true;
      progress(found.progress);
      tell(t("undone"));
      add(found.item, true);
      show();
    } catch (error) {
      tell(error.status === 404 ? t("undo.none") : problem(error));
    }
  });
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || event.altKey || keys.open) return;
  const card = cards[0];
  if (card && card.root.isConnected && card.key(event)) {
    event.preventDefault();
    return;
  }
  const writing = event.target.closest?.("textarea, select, input:not([type=radio])");
  if (writing || event.ctrlKey || event.metaKey) return;
  const does = { u: undo, "?": () => keys.showModal() }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

document.addEventListener("keydown", onKey);
document.getElementById("show-keys").addEventListener("click", () => keys.showModal());
undoButton.addEventListener("click", undo);
refill();
