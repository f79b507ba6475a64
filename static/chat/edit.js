/* Editing a question in place. The text field exists only while somebody edits. */

import { el, t } from "./dom.js";
import { onEnter, onEscape } from "./ime.js";

/** A box with the text, Save and Cancel; callbacks: onSave(text) -> true when accepted, onCancel(). */
export function editBox(text, { onSave, onCancel }) {
  const field = el("textarea", { class: "edit-field", rows: 3, "aria-label": t("edit.label") });
  field.value = text;
  const save = () => { if (field.value.trim()) onSave(field.value.trim()); };
  onEnter(field, save);
  const box = el("div", { class: "edit-box" }, field,
    el("div", { class: "edit-end" },
      el("button", { type: "button", class: "button", text: t("edit.cancel"), onclick: onCancel }),
      el("button", { type: "button", class: "button primary", text: t("edit.save"), onclick: save })));
  onEscape(box, onCancel);
  return { box, field };
}
