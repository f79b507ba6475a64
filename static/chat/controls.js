/* The switches in the top bar, on every page: theme and language. */

import { recall, remember } from "./dom.js";

const THEMES = ["auto", "light", "dark"];

function themeButton() {
  const button = document.getElementById("theme");
  if (!button) return;
  const show = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.dataset.theme = theme;
    button.setAttribute("aria-label", button.dataset[theme]);
    button.title = button.dataset[theme];
  };
  const stored = () => (THEMES.includes(recall(localStorage, "theme")) ? recall(localStorage, "theme") : "auto");
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(stored()) + 1) % THEMES.length];
    remember(localStorage, "theme", next);
    show(next);
  });
  addEventListener("storage", (event) => event.key === "theme" && show(stored()));
  button.hidden = false;
  show(stored());
}

/** The address changes without a load when a conversation begins; come back to where we are, in the other language. */
function languageForm() {
  const form = document.getElementById("language");
  form?.addEventListener("submit", () => {
    const here = new URL(location);
    here.searchParams.delete("lang");
    form.elements.next.value = here.pathname + here.search;
  });
}

themeButton();
languageForm();
