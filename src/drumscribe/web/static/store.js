/**
 * The song as it is edited: its state, what is selected, and the way back.
 *
 * Events: "change" when the state is another one, "select" when the selection or the current lane
 * is. Whoever shows something listens and reads the store anew.
 */

import { laneOrder } from "./lane_order.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Song} Song */

const MAX_UNDO = 300;

/** Lanes from top to bottom as a score has them: cymbals above, the kick below. */
const ROWS = ["crash", "ride", "hihat", "high_tom", "mid_tom", "low_tom", "snare", "kick"];

export class Store extends EventTarget {
  /** @type {Song} */
  song;

  /** @type {State} */
  state;

  selection = new Set();

  /** Lane that keyboard edits go to. */
  lane = 0;

  #past = [];
  #future = [];
  #gesture = "";

  /** @param {Song} song */
  constructor(song) {
    super();
    this.song = song;
    this.state = song.state;
    /** Lanes from top to bottom. */
    this.rows = laneOrder(song.lanes, ROWS);
    this.lane = this.rows.at(-1);
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /**
   * Go on with another state.
   *
   * @param {State} state
   * @param {string} label what was done, for people ("Moved 2 hits")
   * @param {string} [gesture] changes of one gesture in a row are undone together
   */
  apply(state, label, gesture = "") {
    if (state === this.state) return;
    const isContinued = gesture !== "" && gesture === this.#gesture;
    if (!isContinued) this.#past.push({ state: this.state, label });
    if (this.#past.length > MAX_UNDO) this.#past.shift();
    this.#future = [];
    this.#gesture = gesture;
    this.#show(state);
  }

  /** The next change is undone by itself, even if it is of the same gesture. */
  endGesture() {
    this.#gesture = "";
  }

  /** Take back the last change; answers what it was, or "" when there is none. */
  undo() {
    return this.#travel(this.#past, this.#future);
  }

  /** Do again what was taken back; answers what it was, or "" when there is none. */
  redo() {
    return this.#travel(this.#future, this.#past);
  }

  #travel(from, to) {
    const step = from.pop();
    if (!step) return "";
    to.push({ state: this.state, label: step.label });
    this.#gesture = "";
    this.#show(step.state);
    return step.label;
  }

  /** Replace everything by what the server has; the way back ends here. */
  reload(song) {
    this.song = song;
    this.#past = [];
    this.#future = [];
    this.select([]);
    this.#show(song.state);
  }

  #show(state) {
    this.state = state;
    const ids = new Set(state.lanes.flat().map((hit) => hit.id));
    const isWhole = [...this.selection].every((id) => ids.has(id));
    if (!isWhole)
      this.#choose(
        [...this.selection].filter((id) => ids.has(id)),
        this.lane,
      );
    this.dispatchEvent(new Event("change"));
  }

  /**
   * @param {Iterable<number>} ids of the hits to select
   * @param {number} [lane] makes this the current lane
   */
  select(ids, lane = this.lane) {
    this.endGesture();
    this.#choose(ids, lane);
  }

  #choose(ids, lane) {
    this.selection = new Set(ids);
    this.lane = lane;
    this.dispatchEvent(new Event("select"));
  }

  /** The selected hits in order of time. */
  get selected() {
    if (this.selection.size === 0) return [];
    const hits = this.state.lanes.flat().filter((hit) => this.selection.has(hit.id));
    return hits.sort((a, b) => a.onsetS - b.onsetS);
  }

  /** The hits in order of time as the server wants them. */
  eventsJson() {
    const hits = this.state.lanes.flat().sort((a, b) => a.onsetS - b.onsetS || a.lane - b.lane);
    return hits.map((hit) => ({
      onset_s: hit.onsetS,
      lane: this.song.lanes[hit.lane].name,
      velocity: hit.velocity,
      confidence: hit.confidence,
    }));
  }
}
