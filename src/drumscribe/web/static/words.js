/** Words and numbers for people. */

import { CERTAIN } from "./hits.js";

/** "1 hit", "1,204 hits". */
export const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

/** What people call a transcription: its title, or else its file. */
export const titleOf = (job) => job.title || job.name || "";

/** "3:07.4"; without tenths "3:07". */
export function clock(timeS, nDecimals = 1) {
  const scale = 10 ** nDecimals;
  const rounded = Math.floor(Math.max(0, timeS) * scale + 1e-6) / scale;
  const minutes = Math.floor(rounded / 60);
  const seconds = (rounded - 60 * minutes).toFixed(nDecimals);
  return `${minutes}:${seconds.padStart(nDecimals > 0 ? nDecimals + 3 : 2, "0")}`;
}

/** "about 2 minutes", for what is left to wait. */
export function roughly(secondsLeft) {
  if (secondsLeft < 2) return "a moment";
  if (secondsLeft < 50) return `about ${Math.ceil(secondsLeft / 5) * 5} seconds`;
  const minutes = Math.max(1, Math.round(secondsLeft / 60));
  return `about ${minutes === 1 ? "a minute" : `${minutes} minutes`}`;
}

/** A hit in one line, as the live region reads it out. */
export function describedHit(hit, store) {
  const { tempo } = store.state;
  const lane = store.song.lanes[hit.lane].displayName;
  const sure =
    hit.confidence === CERTAIN
      ? "set by you"
      : `confidence ${Math.round(hit.confidence * 100)} per cent`;
  const [bar, beat] = tempo.label(hit.onsetS).split(".");
  const at = `bar ${bar} beat ${beat}, ${hit.onsetS.toFixed(2)} seconds`;
  return `${lane}, ${at}, velocity ${hit.velocity}, ${sure}`;
}
