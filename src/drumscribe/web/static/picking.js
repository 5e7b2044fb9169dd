/**
 * From activations to hits, in the browser.
 *
 * The same rules as the server's peak picking, frame for frame: a hit is the highest activation
 * within the peak window on both sides, reaches the threshold and is no nearer than the smallest
 * gap to a higher one. Of equal neighbours the first is the hit.
 */

import { withoutDoubledToms } from "./doubled_toms.js";

/** @typedef {import("./types.js").Picking} Picking */
/** @typedef {import("./types.js").Candidate} Candidate */

const LEAST_HEIGHT = Math.fround(1e-9);

/**
 * @typedef {object} Peaks candidate hits of one lane in order of time
 * @property {Int32Array} frames
 * @property {Float32Array} heights activation of each, 0..1
 */

/**
 * The peaks of one lane.
 *
 * @param {Float32Array} activation one value 0..1 a frame
 * @param {Picking} picking
 * @param {number} threshold the least height
 * @param {number} frameRate frames a second
 * @returns {Peaks}
 */
export function findPeaks(activation, picking, threshold, frameRate) {
  const reachFrames = Math.floor(picking.peakWindowS * frameRate + 0.5);
  // Rounded up, so that the gap is never shorter than asked for.
  const minGapFrames = Math.ceil(picking.minGapS * frameRate - 1e-6);
  const least = Math.max(Math.fround(threshold), LEAST_HEIGHT);
  const found = [];
  for (let frame = 0; frame < activation.length; frame += 1) {
    const height = activation[frame];
    if (height >= least && height !== activation[frame - 1]) {
      if (isHighest(activation, frame, reachFrames)) found.push(frame);
    }
  }
  const frames = thinOut(found, activation, minGapFrames);
  return { frames, heights: Float32Array.from(frames, (frame) => activation[frame]) };
}

/** Whether no frame within reach is higher. */
function isHighest(activation, frame, reachFrames) {
  const last = Math.min(activation.length - 1, frame + reachFrames);
  for (let other = Math.max(0, frame - reachFrames); other <= last; other += 1) {
    if (activation[other] > activation[frame]) return false;
  }
  return true;
}

/** Drop frames nearer than the gap to a higher (or equal and earlier) one. */
function thinOut(frames, activation, minGapFrames) {
  const order = frames.map((_, index) => index);
  order.sort((a, b) => activation[frames[b]] - activation[frames[a]] || frames[a] - frames[b]);
  const isBlocked = new Uint8Array(frames.length);
  const kept = [];
  for (const index of order) {
    if (isBlocked[index]) continue;
    kept.push(frames[index]);
    for (const step of [-1, 1]) {
      let other = index;
      while (other in frames && Math.abs(frames[other] - frames[index]) < minGapFrames) {
        isBlocked[other] = 1;
        other += step;
      }
    }
  }
  return Int32Array.from(kept).sort();
}

/**
 * The candidates that become hits. Toms give way after the thresholds: one that is below its own
 * silences no other.
 *
 * @param {number[]} thresholds of each lane
 * @param {Pick<import("./types.js").Song, "candidates" | "lanes" | "frameRate">} song
 * @returns {Candidate[][]} of each lane in order of time
 */
export function pickedBy(thresholds, { candidates, lanes, frameRate }) {
  const reaching = candidates.map((peaks, lane) => {
    const least = Math.fround(thresholds[lane]);
    return peaks.filter(({ height }) => height >= least);
  });
  const standIns = lanes.map(({ standIn }) => standIn);
  return withoutDoubledToms(reaching, standIns, frameRate);
}

/**
 * One lane's column of an array as the server sends it.
 *
 * @param {Uint8Array} bytes shape (frames, lanes), row by row, 0..255 for 0..1
 * @param {number} lane
 * @param {number} nLanes
 * @returns {Float32Array} one value 0..1 a frame
 */
export function laneColumn(bytes, lane, nLanes) {
  const column = new Float32Array(Math.floor(bytes.length / nLanes));
  for (let frame = 0; frame < column.length; frame += 1) {
    column[frame] = bytes[frame * nLanes + lane] / 255;
  }
  return column;
}

/**
 * What an activation is worth: how often a peak of that height is a real hit.
 *
 * @param {number} height 0..1
 * @param {{scale: number, offset: number} | undefined} calibration a line on the log-odds
 * @returns {number} 0..1
 */
export function confidenceOf(height, calibration) {
  if (!calibration) return height;
  const kept = Math.min(1 - 1e-4, Math.max(1e-4, height));
  const logOdds = Math.log(kept / (1 - kept));
  return 1 / (1 + Math.exp(-(calibration.scale * logOdds + calibration.offset)));
}
