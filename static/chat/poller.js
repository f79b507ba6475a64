/* The way around a proxy that lets no WebSocket through: the same commands and events over HTTP. */

import { get, post } from "./http.js";

const GONE = new Set([401, 403, 404, 410]);
const ENDING = 503;

/** link: {url, outbox, position(), deliver(event), alive(), lost(), gone()} */
export class Poller {
  constructor(link, { runningMs = 800, idleMs = 5000, hiddenMs = 30000 } = {}) {
    Object.assign(this, { link, runningMs, idleMs, hiddenMs });
    this.active = false;
    this.synced = false;
    this.round = 0;
  }

  start() {
    if (this.active) return;
    this.active = true;
    this.synced = false;
    this.tick(++this.round);
  }

  stop() {
    this.active = false;
    this.round += 1; // answers that are still under way belong to an older round and are dropped
    clearTimeout(this.timer);
  }

  /** Look again now: something was typed, or the state is in doubt. */
  hurry({ sync = false } = {}) {
    if (sync) this.synced = false;
    this.again = true;
    if (!this.active || this.busy) return;
    clearTimeout(this.timer);
    this.tick(this.round);
  }

  async tick(round) {
    this.busy = true;
    this.again = false;
    try {
      await this.exchange(round);
      if (round === this.round) this.link.alive();
    } catch (error) {
      if (round === this.round) this.failed(error);
    }
    if (round !== this.round) return; // stopped meanwhile, perhaps started anew
    this.busy = false;
    this.timer = setTimeout(() => this.tick(round), this.pause());
  }

  async exchange(round) {
    if (!this.synced) await this.command({ type: "sync" }, round);
    this.synced = true;
    await this.sendAll(round);
    if (this.link.position().message) await this.poll(round);
    else this.synced = false; // nobody pushes news to us, so an idle page looks at the whole now and then
  }

  async sendAll(round) {
    const waiting = [];
    this.link.outbox.flush((command, key) => waiting.push([command, key]));
    for (const [command, key] of waiting) {
      await this.command(command, round);
      this.link.outbox.forget(key);
    }
  }

  async command(command, round) {
    const url = `${this.link.url}command/`;
    const events = await post(url, command).then((body) => body.events, (error) => this.refusal(error, command));
    this.deliver(events, round);
  }

  async poll(round) {
    const { message, seq } = this.link.position();
    const body = await get(`${this.link.url}poll/?message=${encodeURIComponent(message)}&seq=${seq}`);
    this.deliver(body.events, round);
  }

  deliver(events, round) {
    if (round !== this.round) return;
    for (const event of events) this.link.deliver(event);
  }

  failed(error) {
    this.synced = this.again = false;
    this.link.outbox.unsend();
    if (GONE.has(error.status)) this.link.gone();
    else this.link.lost();
  }

  pause() {
    if (this.again) return 0;
    if (document.hidden) return this.hiddenMs;
    return this.link.position().message ? this.runningMs : this.idleMs;
  }

  /** A refused command comes with its own error event; anything else is a failed connection. */
  refusal(error, command) {
    const events = error.body?.events;
    if (command.type === "sync" || !Array.isArray(events)) throw error;
    if (error.status !== ENDING) return events;
    this.link.outbox.add(command); // nothing was done: another server will do it
    throw error;
  }
}
