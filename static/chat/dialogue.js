/* What a person does, as commands: keeps the connection of the open conversation, and makes a conversation
   when the first message is sent. */

import { Connection } from "./connection.js";
import { t, uuid } from "./dom.js";
import { post } from "./http.js";
import { position, isBusy } from "./store.js";

export class Dialogue {
  /** hooks: {dispatch(event), getState(), onMode(mode)}. */
  constructor(boot, hooks) {
    Object.assign(this, { urls: boot.urls, chosen: boot.choices?.chosen, hooks, connection: null, stopWanted: false, older: null });
  }

  get state() {
    return this.hooks.getState();
  }

  // --- The line --------------------------------------------------------------------------------------------

  start() {
    if (this.state.conversation) this.connect(this.state.conversation.id);
  }

  connect(id) {
    const url = `${this.urls.create}${id}/`;
    this.connection = new Connection({
      id,
      url,
      socketUrl: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/c/${id}/`,
      position: () => position(this.state),
      busy: () => isBusy(this.state),
      onEvent: (event) => this.hooks.dispatch(event),
      onMode: (mode) => this.moved(mode),
    });
    for (const { client_id, text, message_id } of this.connection.outbox.messages()) {
      this.pending(client_id, text, message_id);
    }
    this.connection.start();
  }

  moved(mode) {
    this.older = null; // an answer that was lost on the way may be asked for again
    this.hooks.onMode(mode);
  }

  leave() {
    this.connection?.stop();
    this.connection = null;
  }

  sync() {
    this.connection?.sync();
  }

  /** Called after every change: a Stop that was pressed before the reply had a name goes out now. */
  settled() {
    const { running, pending } = this.state;
    if (this.stopWanted && running) this.stop();
    else if (!running && !pending.length) this.stopWanted = false;
  }

  // --- Messages --------------------------------------------------------------------------------------------

  pending(client_id, text, edit_of = null) {
    this.hooks.dispatch({ type: "local.pending", client_id, text, edit_of });
  }

  async send(text, compare = false) {
    const client_id = uuid();
    this.pending(client_id, text);
    try {
      if (!this.connection) await this.begin();
    } catch (error) {
      const detail = error.detail || t("unreachable");
      this.hooks.dispatch({ type: "error", code: "not_sent", detail, client_id, retry_after_s: error.body?.retry_after_s });
      return false;
    }
    this.connection.send({ type: compare ? "message.compare" : "message.send", client_id, text });
    return true;
  }

  async begin() {
    const { id, url } = await post(this.urls.create, this.chosen);
    history.replaceState(null, "", url);
    this.hooks.dispatch({ type: "local.conversation", conversation: { id, title: "", language: "" } });
    this.connect(id);
  }

  edit(message_id, text) {
    const client_id = uuid();
    this.pending(client_id, text, message_id);
    this.connection.send({ type: "message.edit", message_id, client_id, text });
    return true;
  }

  stop() {
    const { running } = this.state;
    this.stopWanted = !running;
    if (running) this.connection.send({ type: "reply.stop", message_id: running });
  }

  vote(message_id, { better, reasons, guess }) {
    this.connection.send({ type: "comparison.vote", message_id, better, reasons, guess });
  }

  loadOlder(message_id) {
    if (this.older === message_id) return; // asked already; the answer changes the first message
    this.older = message_id;
    this.connection.send({ type: "history.load", before: message_id });
  }

  /** What the buttons of a message do. */
  messageActions() {
    const command = (type) => (message_id) => this.connection.send({ type, message_id });
    return {
      regenerate: command("reply.regenerate"),
      resume: command("reply.continue"),
      select: command("version.select"),
      unrate: command("feedback.clear"),
      rate: (message_id, { value, reasons, comment }) =>
        this.connection.send({ type: "feedback.set", message_id, value, reasons, comment }),
      edit: (message_id, text) => this.edit(message_id, text),
      loadOlder: (message_id) => this.loadOlder(message_id),
    };
  }
}
