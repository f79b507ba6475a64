/* Where the transcript stands. It follows the answer only while the reader is at the very end; the reader's
   own movement upwards ends that at once, and only reaching the end (or sending) begins it again. */

const AT_END_PX = 2; // zoomed pages have fractions of a pixel
const NEAR_TOP_SCREENS = 1.5;

export class Follower {
  /** scroller: the element that scrolls; content: what grows inside it. */
  constructor(scroller, content, { onNewBelow, onNearTop }) {
    Object.assign(this, { scroller, onNewBelow, onNearTop });
    this.following = true;
    this.empty = true; // a welcome is read from its top
    this.top = 0;
    scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    scroller.addEventListener("wheel", (event) => this.wheeled(event), { passive: true });
    // Late layout (content-visibility, a rotated phone) moves the end without any event of ours.
    const watcher = new ResizeObserver(() => this.following && this.toEnd());
    watcher.observe(content);
    watcher.observe(scroller);
  }

  atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight <= AT_END_PX;
  }

  scrolled() {
    const { scrollTop } = this.scroller;
    if (this.atEnd()) this.follow();
    else if (scrollTop < this.top) this.following = false; // growth alone never moves the position upwards
    this.top = scrollTop;
    if (scrollTop < NEAR_TOP_SCREENS * this.scroller.clientHeight) this.onNearTop();
  }

  wheeled(event) {
    const canScroll = this.scroller.scrollHeight > this.scroller.clientHeight;
    if (event.deltaY < 0 && canScroll) this.following = false;
  }

  follow() {
    this.following = true;
    this.onNewBelow(false);
  }

  toEnd() {
    this.scroller.scrollTop = this.empty ? 0 : this.scroller.scrollHeight;
    this.top = this.scroller.scrollTop;
  }

  /** The reader asked for the end: sent a message, or pressed "New words below". */
  jump() {
    this.follow();
    this.toEnd();
  }

  /** Paints, and keeps what the reader looks at where it is. `anchor` is a message that stays. */
  around(paint, anchor) {
    const before = anchor?.getBoundingClientRect().top;
    paint();
    if (this.following) return this.toEnd();
    if (anchor?.isConnected) this.scroller.scrollTop += anchor.getBoundingClientRect().top - before;
    this.top = this.scroller.scrollTop;
  }
}
