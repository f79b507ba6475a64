/* Loaded before anything is painted, so that a chosen theme never flashes in the other colours. */
(function () {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    /* Storage is switched off: the system's theme it is. */
  }
})();
