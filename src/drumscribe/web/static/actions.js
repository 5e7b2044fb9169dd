/** What keys, buttons and the pointer can do to the song. Each tells what it did. */

import { announce } from "./dom.js";
import { added, changed, movement, placesOnGrid, removed, repickedAll } from "./edits.js";
import { countHits, firstAtOrAfter, nearestHit } from "./hits.js";
import { presetThresholds } from "./presets.js";
import { GRID_STEPS, UNCERTAIN } from "./tempo.js";
import { counted, describedHit } from "./words.js";

const NEW_VELOCITY = 100;
const FREE_STEP_S = 0.01;
const FINE_STEP_S = 0.002;
const MIN_LOOP_S = 0.1;

export class Actions {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./player.js").Player} player
   * @param {import("./viewport.js").Viewport} view
   */
  constructor(store, player, view) {
    this.store = store;
    this.player = player;
    this.view = view;
    const first = store.state.tempo.confidence < UNCERTAIN ? "off" : "16";
    /** Step of the grid that edits keep to. */
    this.grid = GRID_STEPS.find((step) => step.id === first);
  }

  get minGapS() {
    return this.store.song.picking.minGapS;
  }

  snapped(timeS) {
    return this.store.state.tempo.snapped(timeS, this.grid.perBeat, this.player.durationS);
  }

  /** Add a hit, on the grid unless `isFree`. */
  add(timeS, lane, { isFree = false, velocity = NEW_VELOCITY } = {}) {
    const wantedS = isFree ? timeS : this.snapped(timeS);
    const onsetS = Math.min(this.player.durationS, Math.max(0, wantedS));
    const { state, hit } = added(this.store.state, { onsetS, lane, velocity }, this.minGapS);
    const isNew = state !== this.store.state;
    this.store.apply(state, "add a hit");
    this.store.select([hit.id], lane);
    this.view.reveal(hit.onsetS);
    this.player.preview(lane, hit.velocity);
    announce(`${isNew ? "Added" : "Already there:"} ${describedHit(hit, this.store)}`);
  }

  addAtPlayhead(lane = this.store.lane) {
    this.add(this.player.positionS, lane);
  }

  removeSelected() {
    const n = this.store.selection.size;
    if (n === 0) return;
    this.store.apply(
      removed(this.store.state, this.store.selection),
      `delete ${counted(n, "hit")}`,
    );
    announce(`Deleted ${counted(n, "hit")}`);
  }

  /** Change the selected hits: `change` gives the new parts of one. */
  change(change, label, gesture = "") {
    if (this.store.selection.size === 0) return;
    const { state, selection } = this.store;
    this.store.apply(changed(state, selection, change, this.store.song), label, gesture);
    this.#saySelected();
  }

  /** Move the selected hits in time, by steps of the grid; finely where there is no grid. */
  nudge(nSteps, { isFine = false } = {}) {
    const { selected } = this.store;
    if (selected.length === 0) return;
    const { perBeat } = this.grid;
    const { tempo } = this.store.state;
    const stepS = isFine ? FINE_STEP_S : FREE_STEP_S;
    const isFree = isFine || perBeat === 0;
    const stepsOf = (timeS) => (isFree ? timeS / stepS : tempo.position(timeS) * perBeat);
    // None stops at the recording's start or end while those beside it go on.
    const [firstS, lastS] = [selected[0].onsetS, selected.at(-1).onsetS];
    const mostSteps = stepsOf(this.player.durationS) - stepsOf(lastS);
    const n = Math.min(mostSteps, Math.max(nSteps, stepsOf(0) - stepsOf(firstS)));
    const moved = (timeS) => (isFree ? timeS + n * stepS : tempo.stepped(timeS, perBeat, n));
    this.change(({ onsetS }) => ({ onsetS: moved(onsetS) }), "move", "nudge");
    this.view.reveal(moved(firstS));
  }

  /** Move the selected hits to the lane above (-1) or below (1). */
  shiftLane(step) {
    const { selected, rows } = this.store;
    if (selected.length === 0) return;
    const { laneStep } = movement(selected, { laneStep: step }, rows, this.player.durationS);
    const lane = (hit) => rows[rows.indexOf(hit.lane) + laneStep];
    this.change((hit) => ({ lane: lane(hit) }), "change lane", "lane");
    this.store.select(this.store.selection, this.store.selected[0].lane);
  }

  addVelocity(step) {
    this.change(({ velocity }) => ({ velocity: velocity + step }), "change velocity", "velocity");
    const [hit] = this.store.selected;
    if (hit) this.player.preview(hit.lane, hit.velocity);
  }

  quantise() {
    if (this.grid.perBeat === 0) {
      announce("Choose a grid first");
      return;
    }
    const { state, selection } = this.store;
    const snapped = (timeS) => this.snapped(timeS);
    const places = placesOnGrid(state.lanes, selection, snapped, this.minGapS);
    this.change(({ id, onsetS }) => ({ onsetS: places.get(id) ?? onsetS }), "move to the grid");
    const nLeft = selection.size - places.size;
    if (nLeft > 0) announce(`${counted(nLeft, "hit")} left as played: others are there`);
  }

  selectAll() {
    this.store.select(this.store.state.lanes.flat().map((hit) => hit.id));
    this.#saySelected();
  }

  clearSelection() {
    this.store.select([]);
    announce("Nothing selected");
  }

  /** Select the hit before (-1) or after (1) in the current lane. */
  selectNext(step, { isExtending = false } = {}) {
    const { store } = this;
    const hits = store.state.lanes[store.lane];
    const inLane = store.selected.filter((hit) => hit.lane === store.lane);
    const from = step > 0 ? inLane.at(-1) : inLane[0];
    const here = from ? hits.indexOf(from) : this.#gapIndex(hits, step);
    this.#goTo(hits[here + step], isExtending);
  }

  /** Where the playhead is among the hits, as an index that a step leads away from. */
  #gapIndex(hits, step) {
    const after = firstAtOrAfter(hits, this.player.positionS);
    return step > 0 ? after - 1 : after;
  }

  /** Make the lane above (-1) or below (1) the current one and select its nearest hit. */
  selectRow(step, { isExtending = false } = {}) {
    const { store } = this;
    const row = store.rows.indexOf(store.lane) + step;
    const lane = store.rows[Math.min(store.rows.length - 1, Math.max(0, row))];
    const from = store.selected.find((hit) => hit.lane === store.lane);
    const hit = nearestHit(store.state.lanes[lane], from?.onsetS ?? this.player.positionS);
    store.select(isExtending ? store.selection : [], lane);
    if (hit) this.#goTo(hit, isExtending);
    else announce(`${store.song.lanes[lane].displayName}, no hits`);
  }

  #goTo(hit, isExtending) {
    if (!hit) {
      announce("No more hits in this lane");
      return;
    }
    this.store.select(isExtending ? [...this.store.selection, hit.id] : [hit.id], hit.lane);
    if (!this.player.isPlaying) this.player.seek(hit.onsetS);
    this.view.reveal(hit.onsetS);
    this.player.preview(hit.lane, hit.velocity);
    this.#saySelected();
  }

  #saySelected() {
    const { selected } = this.store;
    if (selected.length === 1) announce(describedHit(selected[0], this.store));
    else announce(`${counted(selected.length, "hit")} selected`);
  }

  seekBeats(nBeats) {
    const { tempo } = this.store.state;
    const position = tempo.position(this.player.positionS);
    const beat = nBeats > 0 ? Math.floor(position + 1e-3) : Math.ceil(position - 1e-3);
    this.player.seek(tempo.seconds(beat + nBeats));
    this.view.reveal(this.player.positionS);
    announce(`Bar ${tempo.label(this.player.positionS)}`);
  }

  /** Pick every lane anew with the thresholds of a preset. */
  applyPreset(name) {
    const { song, state } = this.store;
    this.store.apply(repickedAll(state, song, presetThresholds(song, name)), "sensitivity");
    announce(counted(countHits(this.store.state.lanes), "hit"));
  }

  undo() {
    const label = this.store.undo();
    announce(label ? `Undone: ${label}` : "Nothing to undo");
  }

  redo() {
    const label = this.store.redo();
    announce(label ? `Done again: ${label}` : "Nothing to redo");
  }

  /** Begin or end the loop at the playhead. */
  setLoopEdge(edge) {
    const nowS = this.player.positionS;
    const { loop, durationS } = this.player;
    const span = { startS: loop?.startS ?? 0, endS: loop?.endS ?? durationS, [edge]: nowS };
    if (span.endS - span.startS < MIN_LOOP_S) {
      if (edge === "startS") span.endS = durationS;
      else span.startS = 0;
    }
    this.player.setLoop(span);
  }

  /** Loop on or off; without a region, over the selected hits' bars or the bars in view. */
  toggleLoop() {
    const { player, store } = this;
    if (player.loop) {
      player.setLoop(player.loop, !player.isLooping);
      return;
    }
    const { tempo } = store.state;
    const { selected } = store;
    const firstS = selected[0]?.onsetS ?? player.positionS;
    const lastS = selected.at(-1)?.onsetS ?? firstS;
    const bar = tempo.signatureAt(Math.floor(tempo.position(firstS))).numerator;
    const firstBeat = Math.floor(tempo.position(firstS) + 1e-3);
    const start = firstBeat - tempo.numberInBar(firstBeat) + 1;
    const nBars = Math.max(
      selected.length > 1 ? 1 : 2,
      Math.ceil((tempo.position(lastS) - start) / bar),
    );
    const endS = Math.min(player.durationS, tempo.seconds(start + nBars * bar));
    player.setLoop({ startS: Math.max(0, tempo.seconds(start)), endS });
  }
}
