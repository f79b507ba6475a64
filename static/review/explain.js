/* Panels are computed when they are opened, one after the other: the server computes one at a time for each reviewer. */

import { get } from "../chat/http.js";
import { el, setTexts, t } from "../chat/dom.js";
import { showWords } from "./explain_words.js";

const TELL_AFTER_S = 2;
const TRIES = 6; // a page that was left or loaded again may still be computed for
const select = document.getElementById("token");
let before = Promise.resolve();

setTexts(JSON.parse(document.getElementById("explain-texts").textContent));

for (const panel of document.querySelectorAll("[data-panel]")) {
  panel.addEventListener("toggle", () => panel.open && load(panel));
  if (panel.open) load(panel);
}

select?.addEventListener("change", () => {
  for (const panel of document.querySelectorAll("[data-kind=token]")) {
    delete panel.dataset.loaded;
    if (panel.open) load(panel);
  }
});

function load(panel) {
  if (panel.dataset.loaded) return;
  panel.dataset.loaded = "yes";
  const body = panel.querySelector(":scope > .explain-body");
  const stop = tellTime(body);
  const mine = (panel.asked = Symbol("asked"));
  before = before.then(async () => {
    if (panel.asked !== mine) return stop();
    const answer = await fetched(panel);
    stop();
    if (panel.asked === mine) show(panel, body, answer);
  });
}

async function fetched(panel) {
  const token = panel.dataset.kind === "token" && select?.value ? `?token=${select.value}` : "";
  try {
    let answer = await get(panel.dataset.panel + token);
    for (let tries = 1; answer.state === "busy" && tries < TRIES; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      answer = await get(panel.dataset.panel + token);
    }
    return answer;
  } catch (error) {
    return { state: "failed", detail: error.detail || t("lost") };
  }
}

/** Says from the third second on how long it has taken; returns how to stop that. */
function tellTime(body) {
  const line = el("p", { class: "waiting", role: "status" });
  body.replaceChildren(line);
  body.setAttribute("aria-busy", "true");
  const began = performance.now();
  const timer = setInterval(() => {
    const s = Math.floor((performance.now() - began) / 1000);
    if (s >= TELL_AFTER_S) line.textContent = t("computing", { n: s });
  }, 500);
  return () => {
    clearInterval(timer);
    body.removeAttribute("aria-busy");
  };
}

function show(panel, body, answer) {
  if (answer.state !== "done") {
    const again = el("button", { class: "button", type: "button", text: t("again"), onclick: () => load(panel) });
    delete panel.dataset.loaded;
    body.replaceChildren(el("p", { class: "failed", role: "alert", text: answer.detail }), el("p", {}, again));
    return;
  }
  const made = document.createElement("template");
  made.innerHTML = answer.html; // from our own templates, which escape what people and models wrote
  body.replaceChildren(made.content);
  if (panel.dataset.kind === "tokens") showWords(body, answer.data, lookInside);
  if (panel.dataset.kind === "token") offer(answer.data);
  for (const head of body.querySelectorAll("[data-head]")) head.addEventListener("click", () => showHead(body, head));
}

/** Fill the list of the answer's parts, once they are known. */
function offer(data) {
  if (select.options.length > 1) return;
  select.replaceChildren(
    ...data.choices.map(([text, share], i) => el("option", { value: i, text: t("of", { word: text, share }) })),
  );
  select.value = String(data.chosen);
}

function lookInside(token, data) {
  offer({ choices: data.tokens.map((one) => [one.text, one.share]), chosen: token });
  select.value = String(token);
  select.dispatchEvent(new Event("change"));
  const first = document.querySelector("[data-kind=token]");
  first.open = true;
  first.querySelector("summary").focus();
}

function showHead(body, head) {
  const chosen = head.getAttribute("aria-pressed") === "true" ? "" : head.dataset.head;
  for (const one of body.querySelectorAll("[data-head]")) {
    one.setAttribute("aria-pressed", String(one.dataset.head === chosen));
  }
  for (const words of body.querySelectorAll("[data-seen]")) words.hidden = words.dataset.seen !== chosen;
}
