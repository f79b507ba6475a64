/* The side bar on a phone: a sheet over the page that keeps the focus until it is closed. What lies behind is
   inert; the toast with its way back is not, which is why the sheet does not call itself modal. */

const WIDE = matchMedia("(min-width: 56rem)");

export class Sheet {
  /** parts: {sheet, opener, closer, backdrop, rest: the elements behind it}. */
  constructor(parts) {
    this.parts = parts;
    parts.opener.addEventListener("click", () => this.open());
    parts.closer.addEventListener("click", () => this.close());
    parts.backdrop.addEventListener("click", () => this.close());
    WIDE.addEventListener("change", () => this.layout());
    this.layout();
  }

  get isOpen() {
    return document.body.classList.contains("sheet-open");
  }

  open() {
    const { sheet, closer, opener } = this.parts;
    this.set(true);
    sheet.setAttribute("role", "dialog");
    opener.setAttribute("aria-expanded", "true");
    closer.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.set(false);
    this.parts.opener.setAttribute("aria-expanded", "false");
    this.parts.opener.focus();
  }

  set(open) {
    document.body.classList.toggle("sheet-open", open);
    for (const part of this.parts.rest) part.inert = open;
    this.parts.backdrop.hidden = !open;
    this.layout();
  }

  /** Out of sight means out of reach; on a wide screen the bar is always there. */
  layout() {
    const { sheet, backdrop, rest } = this.parts;
    if (WIDE.matches && this.isOpen) document.body.classList.remove("sheet-open");
    if (!this.isOpen) {
      sheet.setAttribute("role", "complementary");
      backdrop.hidden = true;
      for (const part of rest) part.inert = false;
    }
    sheet.inert = !WIDE.matches && !this.isOpen;
  }
}
