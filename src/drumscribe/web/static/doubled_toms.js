/**
 * One stroke on a tom that is heard as two of them, by the server's rule: of toms heard together,
 * those clearly less likely than the likeliest give way.
 */

/** @typedef {import("./types.js").Candidate} Candidate */

const TOMS = new Set(["high_tom", "mid_tom", "low_tom"]);
const TOGETHER_S = 0.03;
const LEAST_ODDS_SHARE = 0.6;

/** Whether a lane is a tom, by the one that it stands in for. */
export const isTom = (standIn) => TOMS.has(standIn);

const oddsOf = ({ height }) => height / Math.max(1 - height, 1e-6);

/**
 * @param {Candidate[][]} peaks of each lane, in order of time
 * @param {string[]} standIns of the lanes
 * @param {number} frameRate frames a second
 * @returns {Candidate[][]} the same without the toms that give way
 */
export function withoutDoubledToms(peaks, standIns, frameRate) {
  const reachS = (Math.floor(TOGETHER_S * frameRate + 0.5) + 0.5) / frameRate;
  const toms = peaks.flatMap((lane, index) => (isTom(standIns[index]) ? lane : []));
  toms.sort((a, b) => a.hit.onsetS - b.hit.onsetS);
  const doubled = new Set();
  for (const [first, tom] of toms.entries()) {
    for (let next = first + 1; next < toms.length; next += 1) {
      const other = toms[next];
      if (other.hit.onsetS - tom.hit.onsetS >= reachS) break;
      if (other.hit.lane === tom.hit.lane) continue;
      if (oddsOf(tom) < LEAST_ODDS_SHARE * oddsOf(other)) doubled.add(tom);
      if (oddsOf(other) < LEAST_ODDS_SHARE * oddsOf(tom)) doubled.add(other);
    }
  }
  return peaks.map((lane) => lane.filter((peak) => !doubled.has(peak)));
}
