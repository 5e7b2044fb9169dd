/**
 * A transcription from the server, made ready for the page.
 *
 * Hits that the server picked keep the server's numbers for as long as they are picked; peaks
 * below its thresholds come from the activations, which are sent in 256 steps.
 */

import * as api from "./api.js";
import { CERTAIN, inOrder, isNear, nearestHit, newId } from "./hits.js";
import { confidenceOf, findPeaks, laneColumn, pickedBy } from "./picking.js";
import { TempoMap } from "./tempo.js";

/** @typedef {import("./types.js").Song} Song */
/** @typedef {import("./types.js").Candidate} Candidate */

/** The least threshold that can be chosen, and the highest. */
export const THRESHOLD_RANGE = [0.02, 0.98];

// What was picked is never quite certain: that is for what a person has set.
const MOST_PICKED = 0.999;

/** @returns {Promise<Song>} */
export async function loadSong(id) {
  const [result, activations, velocities, waveform] = await Promise.all([
    api.result(id),
    api.frames(id, "activations"),
    api.frames(id, "velocities"),
    api.waveform(id),
  ]);
  return songOf(result, { activations, velocities, waveform });
}

function songOf(result, { activations, velocities, waveform }) {
  const names = result.lanes.map((lane) => lane.name);
  const picking = {
    peakWindowS: result.picking.peak_window_s,
    minGapS: result.picking.min_gap_s,
  };
  const events = hitsByLane(result, names);
  const byName = (values) => names.map((name) => values[name]);
  const modelThresholds = byName(result.thresholds);
  const thresholds = byName(result.chosen_thresholds ?? result.thresholds);
  const candidates = names.map((name, lane) => {
    const own = peaksOf(lane, activations, velocities, picking, result.calibration?.[name]);
    const picked = events[lane].filter((hit) => hit.confidence !== CERTAIN);
    return withServers(own, picked, activations, thresholds[lane]);
  });
  const foundTempo = TempoMap.fromJson(result.found_tempo, result.duration_s);
  const tempo = TempoMap.fromJson(result.tempo, result.duration_s);
  const song = {
    id: result.id,
    name: result.name,
    durationS: result.duration_s,
    revision: result.revision,
    lanes: result.lanes.map((lane) => ({
      name: lane.name,
      displayName: lane.display_name,
      standIn: lane.stand_in,
    })),
    modelThresholds,
    foundTempo,
    candidates,
    picking,
    frameRate: activations.frameRate,
    waveform,
  };
  const state = {
    lanes: events,
    removals: result.edited ? removalsOf(events, thresholds, song) : [],
    thresholds,
    tempo: tempo.equals(foundTempo) ? foundTempo : tempo,
  };
  return { ...song, state };
}

/** The server's events as hits of each lane. */
function hitsByLane(result, names) {
  const lanes = names.map(() => []);
  for (const event of result.events) {
    const isSet = result.edited && event.confidence === CERTAIN;
    const lane = names.indexOf(event.lane);
    lanes[lane].push({
      id: newId(),
      onsetS: Math.min(result.duration_s, event.onset_s), // as programs could save them
      lane,
      velocity: event.velocity,
      confidence: isSet ? CERTAIN : Math.min(MOST_PICKED, event.confidence),
    });
  }
  return lanes.map(inOrder);
}

/** @returns {Candidate[]} every peak of a lane that any threshold could let through */
function peaksOf(lane, activations, velocities, picking, calibration) {
  const { bytes, nLanes, frameRate } = activations;
  const column = laneColumn(bytes, lane, nLanes);
  const { frames, heights } = findPeaks(column, picking, THRESHOLD_RANGE[0], frameRate);
  return Array.from(frames, (frame, index) => ({
    height: heights[index],
    hit: {
      id: newId(),
      onsetS: frame / frameRate,
      lane,
      velocity: velocityOf(velocities.bytes[frame * nLanes + lane]),
      confidence: Math.min(MOST_PICKED, confidenceOf(heights[index], calibration)),
    },
  }));
}

/** MIDI velocity 1..127 of a byte. */
const velocityOf = (byte) => Math.min(127, Math.max(1, Math.round((byte / 255) * 127)));

/**
 * The peaks, with the server's own hits in the place of those within reach.
 *
 * Rounding to 256 steps may move a peak to the next frame or hide it behind an equal neighbour, so
 * a hit of the server's that has no peak is one as well. It may also lower a hit below the threshold
 * that it has reached.
 */
function withServers(peaks, picked, { bytes, nLanes, frameRate }, threshold) {
  const reachS = 1.5 / frameRate;
  const heights = new Map();
  const others = peaks.filter(({ hit, height }) => {
    if (!isNear(picked, hit.onsetS, reachS)) return true;
    heights.set(nearestHit(picked, hit.onsetS), height);
    return false;
  });
  const heardAt = ({ onsetS, lane }) =>
    (bytes[Math.round(onsetS * frameRate) * nLanes + lane] ?? 0) / 255;
  const own = picked.map((hit) => ({
    hit,
    height: Math.max(Math.fround(threshold), heights.get(hit) ?? heardAt(hit)),
  }));
  return [...others, ...own].sort((a, b) => a.hit.onsetS - b.hit.onsetS);
}

/** Places where a person has taken a hit away: what would be picked but is no hit. */
function removalsOf(events, thresholds, song) {
  return pickedBy(thresholds, song).flatMap((peaks, lane) =>
    peaks
      .filter(({ hit }) => !isNear(events[lane], hit.onsetS, song.picking.minGapS))
      .map(({ hit }) => ({ lane, onsetS: hit.onsetS })),
  );
}
