/** The whole song in one strip: where the view and the playhead are, and a way to go elsewhere. */

import { readPalette, sizedContext } from "./palette.js";
import { WaveformDrawer } from "./waveform.js";

export class Overview {
  /**
   * @param {{base: HTMLCanvasElement, overlay: HTMLCanvasElement}} canvases
   * @param {import("./store.js").Store} store
   * @param {import("./viewport.js").Viewport} view
   * @param {import("./player.js").Player} player
   */
  constructor({ base, overlay }, store, view, player) {
    this.base = base;
    this.overlay = overlay;
    this.store = store;
    this.view = view;
    this.player = player;
    this.wave = new WaveformDrawer(store.song.waveform);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(base);
    this.#listen();
    this.measure();
  }

  measure() {
    this.palette = readPalette(this.store.song.lanes);
    this.isDirty = true;
    this.seen = "";
  }

  #listen() {
    let grabS = null;
    const timeOf = (event) => this.#whole.toS(event.offsetX);
    this.overlay.addEventListener("pointerdown", (event) => {
      const timeS = timeOf(event);
      const { startS, endS, spanS } = this.view;
      const isInside = timeS >= startS && timeS <= endS;
      grabS = isInside ? timeS - startS : spanS / 2;
      this.overlay.setPointerCapture(event.pointerId);
      this.view.scrollTo(timeS - grabS);
    });
    this.overlay.addEventListener("pointermove", (event) => {
      if (grabS !== null) this.view.scrollTo(timeOf(event) - grabS);
    });
    const release = () => {
      grabS = null;
    };
    this.overlay.addEventListener("pointerup", release);
    this.overlay.addEventListener("pointercancel", release);
    this.overlay.addEventListener("dblclick", (event) => this.player.seek(timeOf(event)));
  }

  /** A view of the whole song on this strip. */
  get #whole() {
    const widthPx = Math.max(1, this.base.clientWidth);
    const pxPerS = widthPx / this.view.durationS;
    return { widthPx, pxPerS, toPx: (timeS) => timeS * pxPerS, toS: (xPx) => xPx / pxPerS };
  }

  /** Draw; called once a frame. */
  draw() {
    const whole = this.#whole;
    const heightPx = this.base.clientHeight;
    if (this.isDirty) {
      const place = { topPx: 4, heightPx: heightPx - 8, colour: this.palette.wave };
      this.wave.draw(sizedContext(this.base, this.palette.sunken), whole, place);
      this.isDirty = false;
    }
    const { view, player } = this;
    const shown = [view.startS, view.spanS, player.positionS, player.isLooping, heightPx];
    const seen = [...shown, player.loop?.startS, player.loop?.endS, this.palette.surface].join();
    if (seen === this.seen) return;
    this.seen = seen;
    const context = sizedContext(this.overlay);
    this.#drawLoop(context, whole, heightPx);
    const leftPx = whole.toPx(this.view.startS);
    const widthPx = Math.max(6, whole.toPx(this.view.spanS));
    context.fillStyle = this.palette.surface;
    context.globalAlpha = 0.66;
    context.fillRect(0, 0, leftPx, heightPx);
    context.fillRect(leftPx + widthPx, 0, whole.widthPx, heightPx);
    context.globalAlpha = 1;
    context.strokeStyle = this.palette.muted;
    context.lineWidth = 1.5;
    context.beginPath();
    context.roundRect(leftPx + 0.75, 0.75, widthPx - 1.5, heightPx - 1.5, 5);
    context.stroke();
    context.fillStyle = this.palette.playhead;
    context.fillRect(whole.toPx(this.player.positionS) - 1, 0, 2, heightPx);
  }

  #drawLoop(context, whole, heightPx) {
    const { loop, isLooping } = this.player;
    if (!loop || !isLooping) return;
    context.fillStyle = this.palette.loop;
    context.globalAlpha = 0.55;
    const leftPx = whole.toPx(loop.startS);
    context.fillRect(leftPx, 0, whole.toPx(loop.endS) - leftPx, heightPx);
    context.globalAlpha = 1;
  }
}
