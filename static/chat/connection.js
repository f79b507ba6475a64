/* The line to the server. First load, reload and reconnect are one path: open, snapshot, and then whatever
   the outbox still holds. When no socket opens, the poller takes over and the socket is tried on. */

import { Outbox } from "./outbox.js";
import { Poller } from "./poller.js";

const DEFAULTS = {
  firstDelayMs: 500, // before the second try; doubles, with jitter
  longestDelayMs: 15000,
  openMs: 8000, // a proxy that swallows the handshake
  quietMs: 8000, // silence while something is expected
  probeMs: 6000, // silence after asking
  pollingRetryMs: 20000,
};
const NEVER_OPENED_TRIES = 2;
const LOST_TRIES = 4;
const GONE = new Set([4403, 4404]); // signed out, or not this person's: trying again would not help

/** link: {id, url, socketUrl, position(), busy(), onEvent(event), onMode(mode)}; modes: connecting, open,
    reconnecting, polling, gone. */
export class Connection {
  constructor(link, options = {}) {
    this.link = link;
    this.options = { ...DEFAULTS, ...options };
    this.outbox = new Outbox(link.id);
    this.poller = new Poller(this.pollerLink(), this.options);
    this.mode = "connecting";
    this.failures = 0;
    this.everSynced = false;
    this.synced = false;
  }

  pollerLink() {
    return {
      url: this.link.url,
      outbox: this.outbox,
      position: this.link.position,
      deliver: (event) => this.deliver(event),
      alive: () => this.setMode("polling"),
      lost: () => this.setMode("reconnecting"),
      gone: () => this.gone(),
    };
  }

  start() {
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    addEventListener("online", () => this.wake(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.wake(), { signal });
    this.watchdog = setInterval(() => this.watch(), Math.min(2000, this.options.quietMs));
    this.open();
  }

  stop() {
    this.listeners?.abort();
    clearInterval(this.watchdog);
    clearTimeout(this.retry);
    this.poller.stop();
    this.dropSocket();
  }

  gone() {
    this.stop();
    this.setMode("gone");
  }

  setMode(mode) {
    if (this.mode === mode) return;
    this.mode = mode;
    this.link.onMode(mode);
  }

  // --- Talking -------------------------------------------------------------------------------------------

  send(command) {
    this.outbox.add(command);
    this.flush();
  }

  /** Ask for the truth; one question at a time. */
  sync() {
    if (this.poller.active) this.poller.hurry({ sync: true });
    else if (this.synced && !this.asked) this.ask();
  }

  flush() {
    if (this.poller.active) this.poller.hurry();
    else if (this.synced) this.outbox.flush((command) => this.transmit(command));
  }

  ask() {
    this.asked = performance.now();
    this.transmit({ type: "sync" });
  }

  transmit(command) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(command));
  }

  deliver(event) {
    if (event.type === "again") return this.outbox.add(event.command); // the server is about to end, and hangs up now
    this.outbox.settle(event);
    this.link.onEvent(event);
  }

  // --- The socket ----------------------------------------------------------------------------------------

  open() {
    clearTimeout(this.retry);
    if (this.socket) return;
    let socket;
    try {
      socket = new WebSocket(this.link.socketUrl);
    } catch {
      return this.lost();
    }
    this.socket = socket;
    this.opening = setTimeout(() => this.lost(), this.options.openMs);
    socket.onopen = () => this.opened();
    socket.onmessage = (message) => this.heard(message.data);
    socket.onclose = (event) => (GONE.has(event.code) ? this.gone() : this.lost());
  }

  opened() {
    clearTimeout(this.opening);
    this.lastHeard = this.asked = performance.now(); // an opened socket is answered with a snapshot unasked
  }

  heard(data) {
    this.lastHeard = performance.now();
    const event = JSON.parse(data);
    if (event.type === "snapshot") this.gotSnapshot(event);
    else if (this.synced) this.deliver(event); // before the first snapshot there is nothing to apply it to
  }

  gotSnapshot(event) {
    this.asked = null;
    const first = !this.synced;
    this.synced = this.everSynced = true;
    this.failures = 0;
    if (first) this.poller.stop();
    if (first) this.outbox.unsend();
    this.deliver(event);
    this.setMode("open");
    this.flush();
  }

  dropSocket() {
    clearTimeout(this.opening);
    const socket = this.socket;
    this.socket = this.asked = null;
    this.synced = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  lost() {
    this.dropSocket();
    this.failures += 1;
    if (this.failures >= (this.everSynced ? LOST_TRIES : NEVER_OPENED_TRIES)) this.poller.start();
    if (this.mode !== "connecting" || this.everSynced) this.setMode(this.poller.active ? this.mode : "reconnecting");
    if (!this.poller.active) this.outbox.unsend();
    this.retry = setTimeout(() => this.open(), this.delay());
  }

  /** Full jitter: many pages that lost the same server must not come back in step. */
  delay() {
    const { firstDelayMs, longestDelayMs, pollingRetryMs } = this.options;
    if (this.poller.active) return pollingRetryMs * (0.75 + Math.random() / 2);
    const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** (this.failures - 1));
    return ceiling * (0.25 + 0.75 * Math.random());
  }

  /** The device woke up or is online again: find out at once. */
  wake() {
    if (this.mode === "gone") return;
    if (!this.socket) this.open();
    else this.sync();
    this.poller.hurry();
  }

  /** A half-open socket says nothing and closes nothing. While news is expected, silence is a question. */
  watch() {
    const now = performance.now();
    if (this.asked) {
      if (now - Math.max(this.asked, this.lastHeard) > this.options.probeMs) this.lost();
    } else if (this.synced && this.expecting() && now - this.lastHeard > this.options.quietMs) {
      this.outbox.unsend(); // what the silence swallowed goes out again after the snapshot
      this.ask();
    }
  }

  expecting() {
    return this.link.busy() || this.outbox.size > 0;
  }
}
