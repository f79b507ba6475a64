/* One guard for every field that reacts to keys: an input method's own Enter or Esc is never ours.

   Chromium and Firefox say isComposing; some input methods only send keyCode 229; Safari ends the
   composition first and then sends a plain Enter, so keys right after compositionend are left alone too. */

const JUST_AFTER_MS = 60;
let endedAt = -Infinity;

document.addEventListener("compositionend", () => { endedAt = performance.now(); }, true);

export function composing(event) {
  return event.isComposing || event.keyCode === 229 || performance.now() - endedAt < JUST_AFTER_MS;
}

/** Calls `action` on an Enter that the person meant as such; Shift+Enter stays a line break. */
export function onEnter(field, action) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
    event.preventDefault();
    action(event);
  });
}

export function onEscape(field, action) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || composing(event)) return;
    event.stopPropagation(); // the page's own Esc stops the answer
    event.preventDefault();
    action(event);
  });
}
