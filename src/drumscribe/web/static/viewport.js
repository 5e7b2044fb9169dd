/** Which stretch of the song is in view, and the way from seconds to pixels and back. */

const MAX_PX_PER_S = 1200;
const FIRST_PX_PER_S = 84;
const FIRST_SPAN_S = [4, 16];

export class Viewport extends EventTarget {
  startS = 0;
  widthPx = 1;

  /** Whether the view goes with the playhead; not once somebody has scrolled elsewhere. */
  isFollowing = true;

  /** @param {number} durationS length of the song */
  constructor(durationS) {
    super();
    this.durationS = Math.max(durationS, 0.1);
    this.pxPerS = 100;
    this.hasSize = false;
  }

  get spanS() {
    return this.widthPx / this.pxPerS;
  }

  get endS() {
    return this.startS + this.spanS;
  }

  toPx(timeS) {
    return (timeS - this.startS) * this.pxPerS;
  }

  toS(xPx) {
    return this.startS + xPx / this.pxPerS;
  }

  resize(widthPx) {
    const [least, most] = FIRST_SPAN_S;
    const first = Math.min(most, Math.max(least, widthPx / FIRST_PX_PER_S));
    const spanS = this.hasSize ? this.spanS : first;
    this.widthPx = Math.max(1, widthPx);
    this.hasSize = true;
    this.show(this.startS, spanS);
  }

  /** Show a stretch; kept within the song and the limits of zoom. */
  show(startS, spanS) {
    const least = this.widthPx / MAX_PX_PER_S;
    const span = Math.min(this.durationS, Math.max(least, spanS));
    this.pxPerS = this.widthPx / span;
    this.startS = Math.min(this.durationS - span, Math.max(0, startS));
    this.dispatchEvent(new Event("change"));
  }

  /** Scroll to a start by hand. */
  scrollTo(startS) {
    this.isFollowing = false;
    this.show(startS, this.spanS);
  }

  scrollBy(deltaS) {
    this.scrollTo(this.startS + deltaS);
  }

  /** Zoom about a time that stays where it is; a factor above 1 zooms in. */
  zoom(factor, aboutS) {
    const spanS = this.spanS / factor;
    const share = (aboutS - this.startS) / this.spanS;
    this.show(aboutS - share * spanS, spanS);
  }

  fit() {
    this.show(0, this.durationS);
  }

  /** Bring a time into view if it is not. */
  reveal(timeS) {
    const marginS = this.spanS * 0.08;
    if (timeS < this.startS + marginS || timeS > this.endS - marginS) {
      this.show(timeS - this.spanS / 2, this.spanS);
    }
  }

  /** Keep a moving time at a third of the width, once it has got there. */
  follow(timeS) {
    if (!this.isFollowing) return;
    const wantedS = timeS - this.spanS / 3;
    if (Math.abs(wantedS - this.startS) > this.spanS) this.show(wantedS, this.spanS);
    else if (wantedS > this.startS || timeS < this.startS) this.show(wantedS, this.spanS);
  }
}
