/**
 * Edits as functions from one state to the next.
 *
 * The rule by which edits survive re-picking: a hit that a person has set (added, moved, given
 * another lane or velocity) stays as it is, whatever the sensitivity; a place from which a person
 * has taken a hit stays empty; everything else follows the sliders.
 */

import { isTom } from "./doubled_toms.js";
import { CERTAIN, firstAtOrAfter, inOrder, isNear, newId, SAME_S } from "./hits.js";
import { pickedBy } from "./picking.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Hit} Hit */

const clampVelocity = (velocity) => Math.min(127, Math.max(1, Math.round(velocity)));

/**
 * A lane picked anew, and with a tom the others, which may have given way to it.
 *
 * @param {State} state
 * @param {import("./types.js").Song} song
 * @param {number} lane
 * @param {number} threshold 0..1
 * @returns {State}
 */
export function repicked(state, song, lane, threshold) {
  const isPicked = ({ standIn }, other) =>
    other === lane || (isTom(standIn) && isTom(song.lanes[lane].standIn));
  return pickedAnew(state, song, state.thresholds.with(lane, threshold), isPicked);
}

/** Every lane picked anew with a threshold of its own. */
export function repickedAll(state, song, thresholds) {
  return pickedAnew(state, song, thresholds, () => true);
}

/** The state with other thresholds and the lanes picked anew that `isPicked` names. */
function pickedAnew(state, song, thresholds, isPicked) {
  const { minGapS } = song.picking;
  const picked = pickedBy(thresholds, song);
  const lanes = state.lanes.map((hits, lane) => {
    if (!isPicked(song.lanes[lane], lane)) return hits;
    const set = hits.filter((hit) => hit.confidence === CERTAIN);
    const removed = inOrder(state.removals.filter((removal) => removal.lane === lane));
    const isFree = ({ onsetS }) =>
      !isNear(set, onsetS, minGapS) && !isNear(removed, onsetS, minGapS);
    return inOrder([...set, ...picked[lane].map(({ hit }) => hit).filter(isFree)]);
  });
  return { ...state, lanes, thresholds };
}

/**
 * The state with a new hit, and that hit. A hit of the lane that is already there is answered
 * instead.
 *
 * @param {State} state
 * @param {{onsetS: number, lane: number, velocity: number}} wanted
 * @param {number} minGapS
 * @returns {{state: State, hit: Hit}}
 */
export function added(state, wanted, minGapS) {
  const present = state.lanes[wanted.lane].find(
    (hit) => Math.abs(hit.onsetS - wanted.onsetS) < minGapS,
  );
  if (present) return { state, hit: present };
  const hit = {
    ...wanted,
    velocity: clampVelocity(wanted.velocity),
    id: newId(),
    confidence: CERTAIN,
  };
  const lane = inOrder([...state.lanes[hit.lane], hit]);
  return { state: { ...state, lanes: state.lanes.with(hit.lane, lane) }, hit };
}

/** The state without some hits; their places stay empty when a lane is picked anew. */
export function removed(state, ids) {
  const gone = state.lanes.flat().filter((hit) => ids.has(hit.id));
  return {
    ...state,
    lanes: state.lanes.map((hits) => hits.filter((hit) => !ids.has(hit.id))),
    removals: [...state.removals, ...gone.map(placeOf)],
  };
}

const placeOf = ({ lane, onsetS }) => ({ lane, onsetS });

/**
 * The state with some hits changed. A hit that comes to lie on another one of its lane takes its
 * place; of two that come there from different lanes the louder does. None leaves the recording.
 *
 * @param {State} state
 * @param {Set<number>} ids
 * @param {(hit: Hit) => Partial<Hit>} change
 * @param {import("./types.js").Song} song
 * @returns {State}
 */
export function changed(state, ids, change, { durationS, picking: { minGapS } }) {
  const before = state.lanes.flat().filter((hit) => ids.has(hit.id));
  const after = before.map((hit) => {
    const next = { ...hit, ...change(hit), confidence: CERTAIN };
    const onsetS = Math.min(durationS, Math.max(0, next.onsetS));
    return { ...next, onsetS, velocity: clampVelocity(next.velocity) };
  });
  const left = before.filter(
    (hit, index) => hit.lane !== after[index].lane || hit.onsetS !== after[index].onsetS,
  );
  const laneBefore = new Map(left.map(({ id, lane }) => [id, lane]));
  const lanes = state.lanes.map((hits, lane) => {
    const inLane = [
      ...hits.filter((hit) => !ids.has(hit.id)),
      ...after.filter((hit) => hit.lane === lane),
    ];
    const moved = inOrder(inLane.filter((hit) => laneBefore.has(hit.id)));
    const arrived = louderOnes(moved, laneBefore, minGapS);
    const stayed = inLane.filter(
      (hit) => !laneBefore.has(hit.id) && !isNear(arrived, hit.onsetS, minGapS),
    );
    return inOrder([...stayed, ...arrived]);
  });
  return { ...state, lanes, removals: [...state.removals, ...left.map(placeOf)] };
}

/** Hits in order of time without the softer of neighbours that come from different lanes. */
function louderOnes(hits, laneBefore, minGapS) {
  const kept = [];
  for (const hit of hits) {
    const last = kept.at(-1);
    const isOnLast = last && isNear([last], hit.onsetS, minGapS);
    if (!isOnLast || laneBefore.get(last.id) === laneBefore.get(hit.id)) kept.push(hit);
    else if (hit.velocity > last.velocity) kept[kept.length - 1] = hit;
  }
  return kept;
}

/**
 * Where hits come to lie that are to go to the grid, so that no two of a lane become one: of two
 * that would, the one that has farther to go is left as it was played, and the other goes as near
 * to its place as that one lets it.
 *
 * @param {Hit[][]} lanes
 * @param {Set<number>} ids of the hits that are to go
 * @param {(timeS: number) => number} snapped
 * @param {number} minGapS
 * @returns {Map<number, number>} times in seconds, by the ids of the hits that are not left
 */
export function placesOnGrid(lanes, ids, snapped, minGapS) {
  const wayS = ({ onsetS }) => Math.abs(snapped(onsetS) - onsetS);
  const blocked = (places, going) =>
    places.slice(1).flatMap((later, index) => {
      if (!isNear([places[index]], later.onsetS, minGapS)) return [];
      const pair = [places[index].hit, later.hit].filter((hit) => going.has(hit));
      return pair.sort((a, b) => wayS(b) - wayS(a)).slice(0, 1);
    });
  const found = new Map();
  for (const hits of lanes) {
    const going = new Set(hits.filter((hit) => ids.has(hit.id)));
    let places;
    let left;
    do {
      const staying = hits.filter((hit) => !going.has(hit));
      const reachedS = (hit) => nearestFree(hit.onsetS, snapped(hit.onsetS), staying, minGapS);
      places = hits.map((hit) => ({ hit, onsetS: going.has(hit) ? reachedS(hit) : hit.onsetS }));
      left = blocked(inOrder(places), going);
      for (const hit of left) going.delete(hit);
    } while (left.length > 0);
    for (const { hit, onsetS } of places) if (going.has(hit)) found.set(hit.id, onsetS);
  }
  return found;
}

/** How near to a place a hit gets before one that stays beyond it, which is farther from there. */
function nearestFree(onsetS, placeS, staying, minGapS) {
  const mirroredS = 2 * placeS - onsetS;
  if (placeS > onsetS) {
    const next = staying[firstAtOrAfter(staying, mirroredS - SAME_S)];
    return next ? Math.max(onsetS, Math.min(placeS, next.onsetS - minGapS)) : placeS;
  }
  const last = staying[firstAtOrAfter(staying, mirroredS + SAME_S) - 1];
  return last ? Math.min(onsetS, Math.max(placeS, last.onsetS + minGapS)) : placeS;
}

/** How far hits can move together: no lane beyond the first and last, no time outside 0..`endS`. */
export function movement(hits, { deltaS = 0, laneStep }, laneOrder, endS) {
  const rows = hits.map((hit) => laneOrder.indexOf(hit.lane));
  const lowest = -Math.min(...rows);
  const highest = laneOrder.length - 1 - Math.max(...rows);
  const timesS = hits.map((hit) => hit.onsetS);
  return {
    deltaS: Math.min(endS - Math.max(...timesS), Math.max(deltaS, -Math.min(...timesS))),
    laneStep: Math.min(highest, Math.max(lowest, laneStep)),
  };
}
