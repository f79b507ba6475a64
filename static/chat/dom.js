/* Small helpers for making elements and words. Text always goes in as text. */

let texts = {};

export function setTexts(all) {
  texts = all;
}

/** The translated sentence of that key, with {name} replaced by values.name. */
export function t(key, values = {}) {
  const sentence = texts[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** "about 10 seconds", "about 2 minutes": as exact as a person needs it. */
export function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  if (whole === 1) return t("time.second");
  if (whole < 90) return t("time.seconds", { n: whole });
  return t("time.minutes", { n: Math.round(whole / 60) });
}

/** An element; props starting with "on" are listeners, known properties are set, the rest are attributes. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(node, name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function setProp(node, name, value) {
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "class") node.className = value;
  else if (name === "text") node.textContent = value;
  else if (typeof value === "boolean") node.toggleAttribute(name, value);
  else if (value !== null && value !== undefined) node.setAttribute(name, value);
}

const SVG = "http://www.w3.org/2000/svg";

/** A picture from the page's sprite (templates/chat/icons.html); decoration only, so hidden from readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows only a picture; its name is for assistive technology and the tooltip. */
export function iconButton(name, label, onclick, extra = {}) {
  return el("button", { type: "button", class: "tool", "aria-label": label, title: label, onclick, ...extra }, icon(name));
}

/** Changes text only when it differs, so that live regions stay quiet. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The other of our two languages when a text is in it, else null: for the lang attribute. */
export function otherLanguage(text) {
  const sample = text.slice(0, 400);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  const chinese = sample.match(/\p{Script=Han}/gu)?.length ?? 0;
  const lang = letters && chinese >= letters * 0.2 ? "zh-hans" : "en";
  return !letters || lang === document.documentElement.lang ? null : lang;
}

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain http on a network address has no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Storage that never throws: private windows and full disks only lose the convenience. */
export function remember(storage, key, value) {
  try {
    if (value === null || value === "") storage.removeItem(key);
    else storage.setItem(key, value);
  } catch {
    /* nothing to do */
  }
}

export function recall(storage, key) {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

export async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = el("textarea", { class: "vh" }); // no clipboard without https
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
