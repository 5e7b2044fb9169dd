/**
 * The lane view: bars and beats, the recording's outline, and a row for each lane.
 *
 * One canvas holds the song and is drawn when the view or the song changes; over it lie the playhead,
 * an element that only moves, and a canvas for the pointer and the selection's frame. Both draw what
 * is visible, nothing else, and at most once a frame.
 */

import { firstAtOrAfter } from "./hits.js";
import { readPalette, sizedContext } from "./palette.js";
import { WaveformDrawer } from "./waveform.js";

const MIN_BEAT_PX = 9;
const MIN_LABEL_PX = 46;

export class LaneView {
  /**
   * @param {{base: HTMLCanvasElement, overlay: HTMLCanvasElement, playhead: HTMLElement}} places
   * @param {import("./store.js").Store} store
   * @param {import("./viewport.js").Viewport} view
   * @param {import("./player.js").Player} player
   */
  constructor({ base, overlay, playhead }, store, view, player) {
    this.base = base;
    this.overlay = overlay;
    this.playhead = playhead;
    this.store = store;
    this.view = view;
    this.player = player;
    this.wave = new WaveformDrawer(store.song.waveform);
    /**
     * Frame of a selection that is being drawn: left, top, width and height in pixels.
     *
     * @type {[number, number, number, number] | null}
     */
    this.frame = null;
    /** Where the pointer would put a hit: `{timeS, lane}`. */
    this.hover = null;
    this.isDirty = { base: true, overlay: true };
    const all = () => this.invalidate();
    for (const type of ["change", "select"]) store.addEventListener(type, all);
    view.addEventListener("change", all);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(base);
    this.measure();
  }

  /** Read sizes and colours from the stylesheet. */
  measure() {
    const style = getComputedStyle(this.base);
    const px = (name) => parseFloat(style.getPropertyValue(name));
    this.rulerPx = px("--ruler-h");
    this.wavePx = px("--wave-h");
    const rowsPx = this.base.clientHeight - this.rulerPx - this.wavePx;
    this.lanePx = rowsPx / this.store.rows.length;
    this.palette = readPalette(this.store.song.lanes);
    this.view.resize(this.base.clientWidth);
    this.invalidate();
  }

  invalidate() {
    this.isDirty = { base: true, overlay: true };
  }

  invalidateOverlay() {
    this.isDirty.overlay = true;
  }

  /** Row of a height on the canvas, or -1 above the lanes. */
  rowAt(yPx) {
    const row = Math.floor((yPx - this.rulerPx - this.wavePx) / this.lanePx);
    return Math.min(this.store.rows.length - 1, row);
  }

  topOf(row) {
    return this.rulerPx + this.wavePx + row * this.lanePx;
  }

  /** Draw what has changed; called once a frame. */
  draw() {
    if (this.isDirty.base) this.#drawBase();
    if (this.isDirty.overlay || this.isDirty.base) this.#drawOverlay();
    this.isDirty = { base: false, overlay: false };
  }

  #drawBase() {
    const context = sizedContext(this.base, this.palette.surface);
    this.#drawRows(context);
    this.#drawLoop(context);
    const { rulerPx, wavePx, palette } = this;
    const place = { topPx: rulerPx + 4, heightPx: wavePx - 8, colour: palette.wave };
    this.wave.draw(context, this.view, place);
    this.#drawGrid(context);
    this.store.rows.forEach((lane, row) => this.#drawHits(context, lane, row));
    this.#drawSelected(context);
  }

  #drawRows(context) {
    const { palette, view, store } = this;
    context.fillStyle = palette.sunken;
    context.fillRect(0, 0, view.widthPx, this.rulerPx);
    store.rows.forEach((lane, row) => {
      if (lane === store.lane) {
        context.globalAlpha = 0.08;
        context.fillStyle = palette.lanes[lane];
        context.fillRect(0, this.topOf(row), view.widthPx, this.lanePx);
        context.globalAlpha = 1;
      }
      context.fillStyle = palette.line;
      context.fillRect(0, this.topOf(row), view.widthPx, 1);
    });
  }

  #drawLoop(context) {
    const { loop } = this.player;
    if (!loop) return;
    const [leftPx, rightPx] = [this.view.toPx(loop.startS), this.view.toPx(loop.endS)];
    context.fillStyle = this.palette.loop;
    context.globalAlpha = this.player.isLooping ? 1 : 0.4;
    context.fillRect(leftPx, 0, rightPx - leftPx, this.rulerPx);
    context.globalAlpha *= 0.35;
    context.fillRect(leftPx, this.rulerPx, rightPx - leftPx, this.base.clientHeight);
    context.globalAlpha = 1;
  }

  /** Bar lines with numbers; beats between them where there is room. */
  #drawGrid(context) {
    const { tempo } = this.store.state;
    const { view, palette } = this;
    const first = Math.floor(tempo.position(view.startS));
    const last = Math.ceil(tempo.position(view.endS));
    const beatPx = view.widthPx / Math.max(1, last - first);
    const everyBars = barStep(beatPx * tempo.signatureAt(first).numerator);
    const bottomPx = this.topOf(this.store.rows.length);
    context.font = `500 11px ${getComputedStyle(this.base).fontFamily}`;
    context.textBaseline = "middle";
    for (let beat = first; beat <= last; beat += 1) {
      const isBar = tempo.numberInBar(beat) === 1;
      if (!isBar && beatPx < MIN_BEAT_PX) continue;
      const bar = isBar ? tempo.barOf(beat) : 0;
      if (isBar && (bar - 1) % everyBars !== 0) continue;
      const xPx = Math.round(view.toPx(tempo.seconds(beat)));
      const topPx = isBar ? 0 : this.rulerPx;
      context.fillStyle = isBar ? palette["line-strong"] : palette.line;
      context.fillRect(xPx, topPx, 1, bottomPx - topPx);
      if (isBar) {
        context.fillStyle = palette.muted;
        context.fillText(String(bar), xPx + 6, this.rulerPx / 2 + 0.5);
      }
    }
  }

  /** The visible hits of a lane: size tells velocity, opacity confidence. */
  #drawHits(context, lane, row) {
    const { view } = this;
    const hits = this.store.state.lanes[lane];
    const widthPx = this.hitWidthPx;
    const endS = view.toS(view.widthPx + widthPx);
    context.fillStyle = this.palette.lanes[lane];
    let index = firstAtOrAfter(hits, view.toS(-widthPx));
    for (; index < hits.length && hits[index].onsetS < endS; index += 1) {
      const hit = hits[index];
      context.globalAlpha = 0.25 + 0.75 * hit.confidence;
      // One shape at a time: a path of many is drawn far more slowly.
      context.beginPath();
      this.#addHit(context, hit, row, widthPx, 0);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  get hitWidthPx() {
    return Math.min(10, Math.max(2, this.view.pxPerS * 0.075));
  }

  /** Height of a hit on the canvas. */
  hitHeightPx(velocity) {
    return this.lanePx * (0.18 + 0.62 * (velocity / 127));
  }

  /** Add a hit's outline to a path. */
  #addHit(path, hit, row, widthPx, growPx) {
    const heightPx = this.hitHeightPx(hit.velocity) + 2 * growPx;
    const leftPx = this.view.toPx(hit.onsetS) - widthPx / 2 - growPx;
    const topPx = this.topOf(row) + (this.lanePx - heightPx) / 2;
    const fullPx = widthPx + 2 * growPx;
    // Corners cost much and are not seen on narrow bars, nor are parts of pixels.
    if (fullPx < 4) path.rect(Math.round(leftPx), topPx, Math.round(fullPx), heightPx);
    else path.roundRect(leftPx, topPx, fullPx, heightPx, Math.min(fullPx, heightPx) / 2);
  }

  #drawSelected(context) {
    const path = new Path2D();
    const { startS, endS } = this.view;
    for (const hit of this.store.selected) {
      if (hit.onsetS < startS - 1 || hit.onsetS > endS + 1) continue;
      this.#addHit(path, hit, this.store.rows.indexOf(hit.lane), this.hitWidthPx, 3);
    }
    context.strokeStyle = this.palette.ink;
    context.lineWidth = 1.75;
    context.stroke(path);
  }

  #drawOverlay() {
    const xPx = this.view.toPx(this.player.positionS);
    this.playhead.style.transform = `translateX(${xPx - 6}px)`;
    const isUsed = this.hover !== null || this.frame !== null;
    this.overlay.classList.toggle("is-empty", !isUsed);
    if (!isUsed) return;
    const context = sizedContext(this.overlay);
    if (this.hover) this.#drawHover(context);
    if (this.frame) {
      context.fillStyle = this.palette.loop;
      context.strokeStyle = this.palette.ink;
      context.globalAlpha = 0.5;
      context.fillRect(...this.frame);
      context.strokeRect(...this.frame);
      context.globalAlpha = 1;
    }
  }

  #drawHover(context) {
    const { timeS, lane } = this.hover;
    const path = new Path2D();
    const ghost = { onsetS: timeS, velocity: 100 };
    this.#addHit(path, ghost, this.store.rows.indexOf(lane), this.hitWidthPx, 0);
    context.globalAlpha = 0.45;
    context.strokeStyle = this.palette.lanes[lane];
    context.lineWidth = 1.5;
    context.stroke(path);
    context.globalAlpha = 1;
  }
}

/** Every how many bars a line and a number has room: a power of two. */
function barStep(barPx) {
  let step = 1;
  while (barPx * step < MIN_LABEL_PX) step *= 2;
  return step;
}
