/** The highway: the hits of the next seconds as notes that fall towards their lane's target. */

import { firstAtOrAfter } from "./hits.js";
import { laneOrder } from "./lane_order.js";
import { readPalette, sizedContext } from "./palette.js";

const AHEAD_S = 2.2;
const FLASH_S = 0.16;
const TARGET_SHARE = 0.86;
const HORIZON_SHARE = 0.05;
// How much narrower the road is at the horizon.
const DEPTH = 2;

/** From left to right as a game lays them out: the kick in the middle. */
const COLUMNS = ["crash", "hihat", "snare", "high_tom", "kick", "mid_tom", "low_tom", "ride"];

export class Highway {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("./store.js").Store} store
   * @param {import("./player.js").Player} player
   */
  constructor(canvas, store, player) {
    this.canvas = canvas;
    this.store = store;
    this.player = player;
    this.columns = laneOrder(store.song.lanes, COLUMNS);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(canvas);
    this.measure();
  }

  measure() {
    this.palette = readPalette(this.store.song.lanes);
    this.isDirty = true;
  }

  /** Draw if anything has changed; called once a frame while the highway is shown. */
  draw() {
    const { positionS } = this.player;
    const { state } = this.store;
    const isSame = this.nowS === positionS && this.state === state;
    if (isSame && !this.isDirty) return;
    this.state = state;
    this.isDirty = false;
    const context = sizedContext(this.canvas, this.palette.surface);
    this.nowS = positionS;
    this.widthPx = this.canvas.clientWidth;
    this.heightPx = this.canvas.clientHeight;
    this.roadPx = Math.min(this.widthPx * 0.94, this.heightPx * 1.5);
    this.#drawRoad(context);
    this.#drawBeats(context);
    this.#drawTargets(context);
    // The farthest first, so that near notes lie over them.
    const notes = this.#visible().sort((a, b) => b.onsetS - a.onsetS);
    for (const hit of notes) this.#drawNote(context, hit);
    this.#drawNames(context);
  }

  /** Place of a column's edge at a time ahead: `column` may be a fraction. */
  #point(column, aheadS) {
    const depth = 1 + (DEPTH * aheadS) / AHEAD_S;
    const scale = 1 / Math.max(0.5, depth);
    const far = 1 / (1 + DEPTH);
    const share = (scale - far) / (1 - far);
    const yPx = this.heightPx * (HORIZON_SHARE + (TARGET_SHARE - HORIZON_SHARE) * share);
    const across = column / this.columns.length - 0.5;
    return { xPx: this.widthPx / 2 + across * this.roadPx * scale, yPx, scale };
  }

  #drawRoad(context) {
    const { palette } = this;
    const n = this.columns.length;
    const nearS = -0.35;
    const corners = [
      [0, AHEAD_S],
      [n, AHEAD_S],
      [n, nearS],
      [0, nearS],
    ];
    context.beginPath();
    for (const [column, aheadS] of corners) {
      const { xPx, yPx } = this.#point(column, aheadS);
      context.lineTo(xPx, yPx);
    }
    context.closePath();
    context.fillStyle = palette.sunken;
    context.fill();
    this.columns.forEach((lane, column) => this.#drawFlash(context, lane, column));
    context.strokeStyle = palette.line;
    context.lineWidth = 1;
    for (let column = 0; column <= n; column += 1)
      this.#line(context, column, column, AHEAD_S, nearS);
  }

  #line(context, fromColumn, toColumn, fromS, toS) {
    const from = this.#point(fromColumn, fromS);
    const to = this.#point(toColumn, toS);
    context.beginPath();
    context.moveTo(from.xPx, from.yPx);
    context.lineTo(to.xPx, to.yPx);
    context.stroke();
  }

  #drawBeats(context) {
    const { tempo } = this.store.state;
    const first = Math.ceil(tempo.position(this.nowS - 0.3));
    for (let beat = first; ; beat += 1) {
      const aheadS = tempo.seconds(beat) - this.nowS;
      if (aheadS > AHEAD_S) return;
      const isBar = tempo.numberInBar(beat) === 1;
      context.strokeStyle = isBar ? this.palette.muted : this.palette["line-strong"];
      context.lineWidth = isBar ? 1.5 : 1;
      context.globalAlpha = fade(aheadS);
      this.#line(context, 0, this.columns.length, aheadS, aheadS);
    }
  }

  /** A lane lights up for a moment after each of its hits. */
  #drawFlash(context, lane, column) {
    const hits = this.store.state.lanes[lane];
    const last = hits[firstAtOrAfter(hits, this.nowS + 1e-3) - 1];
    const sinceS = last ? this.nowS - last.onsetS : Infinity;
    if (sinceS > FLASH_S) return;
    const corners = [
      [column, 0.9],
      [column + 1, 0.9],
      [column + 1, -0.2],
      [column, -0.2],
    ];
    const places = corners.map(([edge, aheadS]) => this.#point(edge, aheadS));
    const light = context.createLinearGradient(0, places[0].yPx, 0, places[2].yPx);
    light.addColorStop(0, "transparent");
    light.addColorStop(1, this.palette.lanes[lane]);
    context.fillStyle = light;
    context.globalAlpha = 0.5 * (1 - sinceS / FLASH_S);
    context.beginPath();
    for (const { xPx, yPx } of places) context.lineTo(xPx, yPx);
    context.fill();
    context.globalAlpha = 1;
  }

  #drawTargets(context) {
    context.globalAlpha = 1;
    context.lineWidth = 2;
    this.columns.forEach((lane, column) => {
      const { xPx, yPx } = this.#point(column + 0.5, 0);
      const radiusPx = this.roadPx / this.columns.length / 2 - 5;
      context.strokeStyle = this.palette.lanes[lane];
      context.beginPath();
      context.ellipse(xPx, yPx, radiusPx, radiusPx * 0.4, 0, 0, 2 * Math.PI);
      context.stroke();
    });
  }

  #visible() {
    const { lanes } = this.store.state;
    return this.columns.flatMap((lane) => {
      const hits = lanes[lane];
      const end = firstAtOrAfter(hits, this.nowS + AHEAD_S);
      return hits.slice(firstAtOrAfter(hits, this.nowS), end);
    });
  }

  #drawNote(context, hit) {
    const aheadS = hit.onsetS - this.nowS;
    const { xPx, yPx, scale } = this.#point(this.columns.indexOf(hit.lane) + 0.5, aheadS);
    const fullPx = (this.roadPx / this.columns.length / 2 - 5) * scale;
    const radiusPx = fullPx * (0.45 + 0.55 * (hit.velocity / 127));
    context.globalAlpha = fade(aheadS) * (0.4 + 0.6 * hit.confidence);
    context.fillStyle = this.palette.lanes[hit.lane];
    context.beginPath();
    context.ellipse(xPx, yPx, radiusPx, radiusPx * 0.4, 0, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = "white";
    context.globalAlpha *= 0.38;
    context.beginPath();
    context.ellipse(
      xPx,
      yPx - radiusPx * 0.07,
      radiusPx * 0.66,
      radiusPx * 0.22,
      0,
      0,
      2 * Math.PI,
    );
    context.fill();
    context.globalAlpha = 1;
  }

  #drawNames(context) {
    context.globalAlpha = 1;
    context.fillStyle = this.palette.muted;
    context.textAlign = "center";
    context.textBaseline = "top";
    const columnPx = this.roadPx / this.columns.length;
    context.font = `600 ${columnPx < 70 ? 10 : 12}px ${getComputedStyle(this.canvas).fontFamily}`;
    this.columns.forEach((lane, column) => {
      const { xPx } = this.#point(column + 0.5, 0);
      const name = this.store.song.lanes[lane].displayName;
      const yPx = this.heightPx * TARGET_SHARE + columnPx * 0.3 + 6;
      context.fillText(columnPx < 52 ? initials(name) : name, xPx, yPx);
    });
    context.textAlign = "start";
  }
}

/** Notes come out of the haze at the horizon. */
const fade = (aheadS) => Math.min(1, Math.max(0, (AHEAD_S - aheadS) / 0.5));

/** "HT" for "High tom". */
const initials = (name) =>
  name
    .split(/[ -]/)
    .map((word) => word[0].toUpperCase())
    .join("");
