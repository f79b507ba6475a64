/* Puts the page together: events go into the store, the new state goes to everything that shows it. */

import { Announcer } from "./announce.js";
import { offerClaim } from "./claim.js";
import { Composer } from "./composer.js";
import { Dialogue } from "./dialogue.js";
import { recall, remember, setTexts, t } from "./dom.js";
import { composing } from "./ime.js";
import { Sheet } from "./sheet.js";
import { Sidebar } from "./sidebar.js";
import { StatusLine } from "./status.js";
import { initialState, isBusy, reduce } from "./store.js";
import { Toast } from "./toast.js";
import { Transcript } from "./view.js";

const MODEL_EVERY_MS = 2000;
const KEYBOARD_PX = 80;
const boot = JSON.parse(document.getElementById("boot").textContent);
const $ = (id) => document.getElementById(id);
setTexts({ ...boot.texts, ...boot.compare?.texts });

let state = initialState(boot);
let choices = null;
let left = ""; // the address of the conversation that was open when it was deleted
const toast = new Toast($("toast"));
const announcer = new Announcer($("announcer"));
const status = new StatusLine({ line: $("status"), notice: $("notice") });
const dialogue = new Dialogue(boot, { dispatch, getState: () => state, onMode: (mode) => status.mode(mode) });
const transcript = new Transcript(
  { scroller: $("log"), column: $("column"), log: $("messages"), older: $("older"), newWords: $("new-words") },
  dialogue.messageActions(), boot.reasons);
const composer = new Composer(
  { form: $("composer"), field: $("message"), send: $("send"), stop: $("stop"), counter: $("counter") },
  { send, stop: () => dialogue.stop(), refuse: (detail) => status.notice(detail && { detail }) }, boot.limits.message_chars);
const sheet = new Sheet({
  sheet: $("sidebar"), opener: $("menu"), closer: $("sheet-close"), backdrop: $("backdrop"),
  rest: [$("topbar"), $("main")],
});
const sidebar = new Sidebar({ list: $("conversations"), search: $("search"), empty: $("list-empty") }, boot.urls, {
  toast,
  current: () => state.conversation?.id ?? null,
  deleted: (item) => item.id === state.conversation?.id && startAfresh(item),
  restored: (item) => item.url === left && location.assign(item.url),
  failed: (error) => status.notice({ detail: error.detail || t("unreachable") }),
  model: (model) => watchModel(model),
});

/** The one way into the state. */
function dispatch(event) {
  const before = state;
  state = reduce(state, event);
  if (state !== before) changed(before);
}

function changed(before) {
  if (state.needsSync) dialogue.sync();
  dialogue.settled();
  transcript.paint(state);
  if (state.comparison || before.comparison) paintComparison();
  announcer.update(before, state);
  composer.setBusy(isBusy(state));
  status.update(state);
  if (state.notice && state.notice !== before.notice) refused(state.notice);
  if (state.conversation !== before.conversation) named();
  if (state.running !== before.running) sidebar.refresh();
  if (state.conversation !== before.conversation || state.notice !== before.notice) choices?.settle();
  else choices?.paint();
  frame();
}

/** An empty page has no socket: while the model loads, the list's answer tells how far it is. */
function watchModel(model) {
  if (dialogue.connection || !model) return;
  dispatch({ type: "model.status", model });
  if (["idle", "starting"].includes(model.state)) setTimeout(() => sidebar.refresh(), MODEL_EVERY_MS);
}

/** A refused text goes back to where it was written. */
function refused(notice) {
  status.notice(notice);
  if (notice.text === null) return;
  if (notice.edit_of && transcript.editAgain(notice.edit_of, notice.text)) return;
  composer.restore(notice.text);
}

function named() {
  const title = state.conversation?.title || t("untitled");
  document.title = state.conversation?.title ? `${title} · Duologue` : "Duologue";
  $("heading").textContent = title;
  sidebar.refresh();
}

/** Empty page or transcript. */
function frame() {
  const empty = state.loaded && !state.messages.length && !state.pending.length;
  $("empty").hidden = !empty;
  $("heading").hidden = empty;
}

/** The open conversation was deleted: the page becomes empty, and the way back stays on it. */
function startAfresh(item) {
  left = item.url;
  dialogue.leave();
  status.mode("open");
  history.replaceState(null, "", document.querySelector(".sidebar-top a").href);
  dispatch({ type: "local.reset" });
  composer.open(null);
}

/** Two answers side by side: few people see them, so their script comes when it is needed. */
async function paintComparison() {
  const { paint } = await import("./compare.js");
  paint(state, { log: $("messages"), choices: boot.compare, vote: (id, verdict) => dialogue.vote(id, verdict) });
}

/** The switch, where it is offered. It stays as it was left. */
function compareSwitch() {
  const box = $("compare");
  if (!box) return;
  box.checked = recall(localStorage, "compare") === "on";
  box.addEventListener("change", () => remember(localStorage, "compare", box.checked ? "on" : null));
}

function send(text) {
  status.notice(null);
  dialogue.send(text, $("compare")?.checked).then((accepted) => accepted && composer.open(state.conversation.id, { carry: true }));
  transcript.jump();
}

function starters() {
  $("empty").addEventListener("click", ({ target }) => {
    const starter = target.closest("[data-starter]");
    if (!starter) return;
    composer.fill(starter.textContent.trim());
    composer.submit();
  });
}

/** Assistants and engines, for those who have a choice. */
async function chooser() {
  if (!boot.choices) return;
  const { Choices } = await import("./assistants.js");
  choices = new Choices(boot.choices, { getState: () => state, send: (command) => dialogue.connection.send(command) });
  choices.paint();
}

/** ?ask= has filled the message field; in the address it would do so again at every reload. */
function suggested(text) {
  const here = new URL(location);
  here.searchParams.delete("ask");
  if (text) history.replaceState(null, "", here);
  composer.suggest(text);
}

/** Esc: close what is open, else stop the answer. */
function escape(event) {
  if (event.key !== "Escape" || composing(event)) return;
  if (sheet.isOpen) sheet.close();
  else if (isBusy(state)) dialogue.stop();
}

/** Where the keyboard covers the page instead of making it smaller (iOS), the page makes itself smaller. */
function stayAboveKeyboard() {
  const view = window.visualViewport;
  view?.addEventListener("resize", () => {
    const covered = view.scale === 1 && innerHeight - view.height > KEYBOARD_PX;
    document.body.style.blockSize = covered ? `${view.height}px` : "";
    if (covered) scrollTo(0, 0);
  });
}

document.addEventListener("keydown", escape);
stayAboveKeyboard();
composer.open(state.conversation?.id ?? null);
composer.setBusy(false);
suggested($("message").defaultValue);
starters();
compareSwitch();
chooser();
frame();
offerClaim($("claim"), boot, { done: () => sidebar.refresh(), failed: (error) => toast.show(error.detail || t("unreachable")) });
if (state.conversation) status.connecting();
dialogue.start();
sidebar.refresh();
