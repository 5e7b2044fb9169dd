/** Looking things up in lists of hits that are in order of time. */

/** @typedef {import("./types.js").Hit} Hit */

/** Confidence of a hit that a person has set: it stays, whatever the sensitivity. */
export const CERTAIN = 1;

/** Times no farther apart are the same: what floating point makes of one. */
export const SAME_S = 1e-6;

/** Index of the first hit at or after a time; the list's length when there is none. */
export function firstAtOrAfter(hits, timeS) {
  let low = 0;
  let high = hits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hits[middle].onsetS < timeS) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The hits with `startS <= onsetS < endS`. */
export function hitsBetween(hits, startS, endS) {
  return hits.slice(firstAtOrAfter(hits, startS), firstAtOrAfter(hits, endS));
}

/** The hit nearest to a time, or undefined in an empty lane. */
export function nearestHit(hits, timeS) {
  const index = firstAtOrAfter(hits, timeS);
  const [before, after] = [hits[index - 1], hits[index]];
  if (!before || !after) return before ?? after;
  return timeS - before.onsetS <= after.onsetS - timeS ? before : after;
}

/** Whether any thing of a sorted list is nearer to a time than a gap. */
export function isNear(things, timeS, gapS) {
  const nearest = nearestHit(things, timeS);
  return nearest !== undefined && Math.abs(nearest.onsetS - timeS) < gapS - SAME_S;
}

export const inOrder = (hits) => hits.sort((a, b) => a.onsetS - b.onsetS);

export const countHits = (lanes) => lanes.reduce((sum, hits) => sum + hits.length, 0);

let lastId = 0;

/** An id that no other hit of this page has. */
export function newId() {
  lastId += 1;
  return lastId;
}
