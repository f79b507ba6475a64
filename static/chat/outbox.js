/* Commands that the server has not confirmed yet. They are sent again after every reconnect; their
   client_id (or their nature) makes that harmless. Messages also survive a reload of the page. */

import { recall, remember } from "./dom.js";

/** Commands worth sending again, by the key under which the newest replaces an older one. */
const KEYS = {
  "message.send": (command) => command.client_id,
  "message.compare": (command) => command.client_id,
  "comparison.vote": (command) => `vote:${command.message_id}`,
  "message.edit": (command) => command.client_id,
  "reply.stop": (command) => `stop:${command.message_id}`,
  "feedback.set": (command) => `feedback:${command.message_id}`,
  "feedback.clear": (command) => `feedback:${command.message_id}`,
};

const KINDS = ["stop", "feedback", "vote"];

export class Outbox {
  constructor(conversationId) {
    this.storageKey = `outbox:${conversationId}`;
    this.entries = new Map();
    for (const command of this.stored()) this.add(command);
  }

  stored() {
    try {
      return JSON.parse(recall(sessionStorage, this.storageKey) ?? "[]");
    } catch {
      return [];
    }
  }

  get size() {
    return this.entries.size;
  }

  /** Messages that were typed before a reload and never confirmed. */
  messages() {
    return [...this.entries.values()].map((entry) => entry.command).filter((command) => command.client_id);
  }

  add(command) {
    const key = KEYS[command.type]?.(command) ?? Symbol(command.type);
    this.entries.delete(key); // to the end of the line
    this.entries.set(key, { command, sent: false });
    this.save();
  }

  /** Hands every command that is not under way to `transmit`; those without a key are then forgotten. */
  flush(transmit) {
    for (const [key, entry] of [...this.entries]) {
      if (entry.sent) continue;
      entry.sent = true;
      if (typeof key === "symbol") this.entries.delete(key);
      transmit(entry.command, key);
    }
  }

  /** After a lost connection nobody knows what arrived. */
  unsend() {
    for (const entry of this.entries.values()) entry.sent = false;
  }

  forget(key) {
    if (this.entries.delete(key)) this.save();
  }

  /** Strikes out what the event confirms or refuses. */
  settle(event) {
    for (const key of settledKeys(event)) this.forget(key);
    if (event.type === "snapshot") this.dropStops(event.running);
  }

  dropStops(running) {
    for (const key of [...this.entries.keys()]) {
      if (typeof key === "string" && key.startsWith("stop:") && key !== `stop:${running}`) this.forget(key);
    }
  }

  save() {
    const messages = this.messages();
    remember(sessionStorage, this.storageKey, messages.length ? JSON.stringify(messages) : null);
  }
}

function settledKeys(event) {
  if (event.type === "turn.created") return event.messages.map((m) => m.client_id);
  if (event.type === "snapshot") return [...event.messages.map((m) => m.client_id), voted(event.comparison)];
  if (event.type === "reply.done") return [`stop:${event.message_id}`];
  if (event.type === "feedback.saved") return [`feedback:${event.message_id}`];
  if (event.type === "error") return [event.client_id, ...KINDS.map((kind) => `${kind}:${event.message_id}`)];
  return [];
}

function voted(comparison) {
  return comparison?.verdict ? `vote:${comparison.id}` : null;
}
