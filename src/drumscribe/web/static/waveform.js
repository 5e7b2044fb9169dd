/** The recording's outline: coarser levels for far views, a bar for each step that is visible. */

const FACTOR = 4;
const MAX_GAIN = 20;

export class WaveformDrawer {
  /** @param {import("./types.js").Waveform} waveform */
  constructor({ extremes, stepS }) {
    this.levels = [{ extremes, stepS }];
    // Quiet recordings are drawn as large as loud ones.
    const loudest = extremes.reduce((most, value) => Math.max(most, Math.abs(value - 127.5)), 0);
    this.gain = Math.min(MAX_GAIN, 127.5 / Math.max(1, loudest));
    while (this.levels.at(-1).extremes.length > 2 * 1024) {
      const finer = this.levels.at(-1);
      this.levels.push({ extremes: coarser(finer.extremes), stepS: finer.stepS * FACTOR });
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {{toPx: (timeS: number) => number, toS: (xPx: number) => number, widthPx: number,
   *   pxPerS: number}} view
   * @param {{topPx: number, heightPx: number, colour: string}} place
   */
  draw(context, view, { topPx, heightPx, colour }) {
    const fitting = this.levels.filter((level) => level.stepS * view.pxPerS <= 1.25);
    const { extremes, stepS } = fitting.at(-1) ?? this.levels[0];
    const first = Math.max(0, Math.floor(view.toS(0) / stepS));
    const end = Math.min(extremes.length / 2, Math.ceil(view.toS(view.widthPx) / stepS) + 1);
    const middlePx = topPx + heightPx / 2;
    const scale = (this.gain * heightPx) / 256;
    context.fillStyle = colour;
    // Whole pixels: edges between them would have to be smoothed, which is slow.
    let leftPx = Math.round(view.toPx(first * stepS));
    for (let step = first; step < end; step += 1) {
      const rightPx = Math.round(view.toPx((step + 1) * stepS));
      const high = Math.round(middlePx - (extremes[2 * step + 1] - 127.5) * scale);
      const low = Math.round(middlePx - (extremes[2 * step] - 127.5) * scale);
      context.fillRect(leftPx, high, Math.max(1, rightPx - leftPx), Math.max(1, low - high));
      leftPx = rightPx;
    }
  }
}

/** Extremes of every few steps together; shape (n, 2). */
function coarser(extremes) {
  const n = Math.ceil(extremes.length / 2 / FACTOR);
  const out = new Uint8Array(2 * n);
  for (let step = 0; step < n; step += 1) {
    let [low, high] = [255, 0];
    const end = Math.min(extremes.length / 2, (step + 1) * FACTOR);
    for (let fine = step * FACTOR; fine < end; fine += 1) {
      low = Math.min(low, extremes[2 * fine]);
      high = Math.max(high, extremes[2 * fine + 1]);
    }
    out[2 * step] = low;
    out[2 * step + 1] = high;
  }
  return out;
}
