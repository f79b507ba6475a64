/* The page's state: one pure function from a state and an event to the next state. No DOM, no network.

   Anything may be lost, doubled or late. Whatever does not fit sets `needsSync`; the snapshot that
   follows is the truth. Objects that did not change stay the same objects, so painting can compare them. */

const LIVE = "streaming";

export function initialState(boot) {
  return {
    conversation: boot.conversation ?? null,
    loaded: !boot.conversation,
    messages: [],
    hasOlder: false,
    running: null,
    waiting: null,
    comparison: null,
    model: boot.model ?? null,
    pending: [],
    notice: null,
    needsSync: false,
    strangers: [],
  };
}

export function reduce(state, event) {
  const handler = Object.hasOwn(HANDLERS, event.type) ? HANDLERS[event.type] : null;
  return handler ? handler(state, event) : state;
}

/** What the transcript shows, in order: stored messages, then what was typed and is not stored yet. */
export function rows(state) {
  const edit = state.pending.find((message) => message.edit_of);
  const at = edit ? indexOf(state, edit.edit_of) : -1;
  const stored = at < 0 ? state.messages : state.messages.slice(0, at);
  return [...stored, ...state.pending];
}

export function isBusy(state) {
  return state.running !== null || state.pending.length > 0;
}

/** The running reply as far as this page has it, for polling. */
export function position(state) {
  const message = find(state, state.running);
  return { message: state.running, seq: message ? message.seq : 0 };
}

function indexOf(state, id) {
  return state.messages.findIndex((message) => message.id === id);
}

function find(state, id) {
  return state.messages.find((message) => message.id === id);
}

function unsure(state) {
  return state.needsSync ? state : { ...state, needsSync: true };
}

/** Something about a message that is not on this branch. One look at the truth is enough to know that. */
function stranger(state, id) {
  if (id === state.running || state.strangers.includes(id)) return state;
  return { ...unsure(state), strangers: [...state.strangers, id] };
}

function patch(state, id, changes) {
  const messages = state.messages.map((message) => (message.id === id ? { ...message, ...changes } : message));
  return { ...state, messages };
}

function withoutPending(state, clientIds) {
  const pending = state.pending.filter((message) => !clientIds.has(message.client_id));
  return pending.length === state.pending.length ? state : { ...state, pending };
}

function settle(state, messages) {
  return withoutPending(state, new Set(messages.map((message) => message.client_id)));
}

// --- Server events ---------------------------------------------------------------------------------------

function snapshot(state, event) {
  const known = new Map(state.messages.map((message) => [message.id, message]));
  const fresh = event.messages.map((message) => same(known.get(message.id), message));
  const older = stillOlder(state, event);
  return {
    ...settle(state, event.messages),
    conversation: event.conversation,
    loaded: true,
    messages: [...older, ...fresh],
    hasOlder: older.length ? state.hasOlder : event.has_older,
    running: event.running,
    waiting: fresh.some((message) => waitsFor(state, message)) ? state.waiting : null,
    comparison: event.comparison ?? null,
    model: event.model,
    needsSync: false,
  };
}

function waitsFor(state, message) {
  return message.status === LIVE && state.waiting?.message_id === message.id;
}

/** Keeps the old object when nothing changed, so that it is not painted again. */
function same(old, fresh) {
  return old && JSON.stringify(old) === JSON.stringify(fresh) ? old : fresh;
}

/** History that was loaded above the snapshot. A message's ancestors never change, so it still holds. */
function stillOlder(state, event) {
  if (!event.has_older || !event.messages.length) return [];
  const at = indexOf(state, event.messages[0].id);
  return at > 0 ? state.messages.slice(0, at) : [];
}

function history(state, event) {
  const first = state.messages[0];
  const last = event.messages.at(-1);
  if (!last) return { ...state, hasOlder: event.has_older };
  if (!first || first.parent !== last.id) return state; // an answer to an earlier request
  return { ...state, messages: [...event.messages, ...state.messages], hasOlder: event.has_older };
}

function turnCreated(state, event) {
  const next = event.messages.reduce(addMessage, settle(state, event.messages));
  const shown = next.comparison?.messages.every((id) => find(next, id));
  return shown === false ? { ...next, comparison: null } : next;
}

function addMessage(state, message) {
  const known = find(state, message.id);
  if (known) return message.seq > known.seq ? unsure(state) : state;
  const at = message.parent ? indexOf(state, message.parent) : -1;
  if (message.parent && at < 0) return unsure(state);
  if (isOutdated(message, state.messages[at + 1])) return state;
  return {
    ...state,
    messages: [...state.messages.slice(0, at + 1), message],
    hasOlder: at < 0 ? false : state.hasOlder,
    running: message.status === LIVE ? message.id : state.running,
    waiting: null,
  };
}

/** A late double: the version on show was made when this one existed already. */
function isOutdated(message, shown) {
  return Boolean(shown?.versions.ids.includes(message.id));
}

function waiting(state, event) {
  const message = find(state, event.message_id);
  if (!message) return stranger(state, event.message_id);
  if (message.status !== LIVE) return unsure(state);
  const { message_id, position: place, wait_s, state: why } = event;
  return { ...state, waiting: { message_id, state: why, position: place, wait_s } };
}

function delta(state, event) {
  const message = find(state, event.message_id);
  if (!message) return stranger(state, event.message_id);
  if (event.seq <= message.seq) return state;
  if (event.seq !== message.seq + 1 || message.status !== LIVE) return unsure(state);
  return heard(patch(state, message.id, { seq: event.seq, text: message.text + event.text }), message.id);
}

/** Its words are there. The other one of two that are compared may still wait for its first. */
function heard(state, id) {
  return state.waiting?.message_id === id ? { ...state, waiting: null } : state;
}

function wholeText(state, event) {
  const message = find(state, event.message_id);
  if (!message) return stranger(state, event.message_id);
  if (event.seq <= message.seq) return state;
  if (message.status !== LIVE) return unsure(state);
  return heard(patch(state, message.id, { seq: event.seq, text: event.text }), message.id);
}

function resumed(state, event) {
  const message = find(state, event.message_id);
  if (!message) return stranger(state, event.message_id);
  if (message.seq < event.seq) return unsure(state);
  if (message.status === LIVE || message.seq > event.seq) return state;
  const next = patch(state, message.id, { status: LIVE, html: null, detail: "" });
  return { ...next, running: message.id };
}

function done(state, event) {
  const message = find(state, event.message_id);
  if (message && event.seq < message.seq) return state; // from before a Continue
  const ours = state.running === event.message_id;
  if (!message) return ours ? { ...state, running: null, waiting: null } : stranger(state, event.message_id);
  const { status, seq, text, html, detail, sources, engine, confidence, abstained } = event;
  const end = { status, seq, text, html, detail, sources, engine, confidence, abstained };
  const next = heard(patch(state, message.id, end), message.id);
  return ours ? { ...next, running: next.messages.find((one) => one.status === LIVE)?.id ?? null } : next;
}

function feedbackSaved(state, event) {
  return find(state, event.message_id) ? patch(state, event.message_id, { feedback: event.feedback }) : state;
}

function conversationUpdated(state, event) {
  return { ...state, conversation: { ...state.conversation, ...event.conversation } };
}

function modelStatus(state, event) {
  return { ...state, model: event.model };
}

const DOUBTFUL = new Set(["conflict", "not_found"]); // the page and the server see different things

function refused(state, event) {
  const pending = state.pending.find((message) => event.client_id && message.client_id === event.client_id);
  const next = pending ? withoutPending(state, new Set([event.client_id])) : state;
  const { code, detail, retry_after_s = null } = event;
  const notice = { code, detail, retry_after_s, text: pending?.text ?? null, edit_of: pending?.edit_of ?? null };
  return { ...next, notice, needsSync: state.needsSync || DOUBTFUL.has(code) };
}

// --- Events of the page itself -----------------------------------------------------------------------------

function localPending(state, event) {
  if (state.pending.some((message) => message.client_id === event.client_id)) return state;
  const message = {
    id: "",
    client_id: event.client_id,
    role: "user",
    status: "complete",
    pending: true,
    edit_of: event.edit_of ?? null,
    text: event.text,
    html: null,
    versions: { ids: [], index: 0 },
    feedback: null,
    detail: "",
    sources: [],
  };
  return { ...state, pending: [...state.pending, message], notice: null };
}

function localConversation(state, event) {
  return { ...state, conversation: event.conversation, loaded: true };
}

function localReset(state) {
  return initialState({ conversation: null, model: state.model });
}

const HANDLERS = {
  "snapshot": snapshot,
  "history": history,
  "turn.created": turnCreated,
  "reply.waiting": waiting,
  "reply.delta": delta,
  "reply.text": wholeText,
  "reply.resumed": resumed,
  "reply.done": done,
  "feedback.saved": feedbackSaved,
  "conversation.updated": conversationUpdated,
  "model.status": modelStatus,
  "error": refused,
  "local.pending": localPending,
  "local.conversation": localConversation,
  "local.reset": localReset,
};
