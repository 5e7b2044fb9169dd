/** Sensitivity for a purpose: thresholds from the model's own. */

import { THRESHOLD_RANGE } from "./song.js";

/** The lanes that carry the beat. */
const BEAT = ["kick", "snare", "crash"];

/** Threshold of a lane by preset, from the model's own and the lane's stand-in. */
const PRESETS = {
  // A missed beat is felt by a player, and so is a tom or a cymbal that nobody can hear.
  game: (own, standIn) => (BEAT.includes(standIn) ? 0.85 * own : own + 0.15 * (1 - own)),
  balanced: (own) => own,
  strict: (own) => own + 0.4 * (1 - own),
};

/**
 * @param {import("./types.js").Song} song
 * @param {string} name "game", "balanced" or "strict"
 * @returns {number[]} threshold of each lane, 0..1
 */
export function presetThresholds(song, name) {
  const [least, most] = THRESHOLD_RANGE;
  return song.modelThresholds.map((own, lane) =>
    Math.min(most, Math.max(least, PRESETS[name](own, song.lanes[lane].standIn))),
  );
}
