/** Tempo and bars: by number, by tapping along, by saying where a bar begins. */

import { announce, byId, element } from "./dom.js";
import { fitTaps, GRID_STEPS, TempoMap, UNCERTAIN } from "./tempo.js";

const TAP_PAUSE_S = 3;
const BPM_RANGE = [10, 1000];

export class TempoPanel {
  #tapsS = [];

  /**
   * @param {import("./actions.js").Actions} actions
   */
  constructor(actions) {
    this.actions = actions;
    this.store = actions.store;
    const on = (id, type, listener) => byId(id).addEventListener(type, listener);
    on("bpm", "change", () => this.#setBpm(byId("bpm").valueAsNumber));
    on("tap", "click", () => this.tap());
    on("downbeat", "click", () => this.setDownbeat());
    on("half-tempo", "click", () => this.#setBpm(this.#bpm / 2));
    on("double-tempo", "click", () => this.#setBpm(this.#bpm * 2));
    on("beats-per-bar", "change", () => this.#setNumerator(Number(byId("beats-per-bar").value)));
    on("found-tempo", "click", () => this.#change(this.#found, "tempo as found"));
    on("grid", "change", () => this.setGrid(byId("grid").value));
    this.store.addEventListener("change", () => this.show());
    const options = GRID_STEPS.map(({ id, name }) => element("option", { value: id }, name));
    byId("grid").replaceChildren(...options);
    byId("grid").value = actions.grid.id;
    this.show();
  }

  get #tempo() {
    return this.store.state.tempo;
  }

  get #found() {
    return this.store.song.foundTempo;
  }

  get #bpm() {
    return this.#tempo.bpm;
  }

  get #nowS() {
    return this.actions.player.positionS;
  }

  setGrid(id) {
    this.actions.grid = GRID_STEPS.find((step) => step.id === id);
    byId("grid").value = id;
    announce(`Grid ${this.actions.grid.name}`);
  }

  /** The next step of the grid, the first after the last. */
  cycleGrid() {
    const index = GRID_STEPS.indexOf(this.actions.grid);
    this.setGrid(GRID_STEPS[(index + 1) % GRID_STEPS.length].id);
  }

  /** One tap of a beat; from the fourth on they set the tempo. */
  tap() {
    const { player } = this.actions;
    // While the recording rests only the tempo can be tapped: taps are on the clock of the wall.
    const nowS = player.isPlaying ? this.#nowS : performance.now() / 1000;
    const sinceS = nowS - (this.#tapsS.at(-1) ?? nowS);
    if (sinceS > TAP_PAUSE_S || sinceS < 0) this.#tapsS = [];
    this.#tapsS.push(nowS);
    const fit = fitTaps(this.#tapsS);
    byId("tap").dataset.taps = fit ? "" : String(this.#tapsS.length);
    if (!fit) return;
    const isInSong = player.isPlaying;
    this.#setSteady(fit.bpm, isInSong ? fit.beatS : this.#downbeatS, "tap the tempo", "tap");
  }

  /** A downbeat at the playhead. */
  setDownbeat() {
    if (this.#tempo.isSteady) {
      this.#setSteady(this.#bpm, this.#nowS, "set the first beat");
    } else {
      this.#change(this.#tempo.withDownbeatNear(this.#nowS), "set the first beat");
    }
  }

  get #downbeatS() {
    return this.#tempo.seconds(this.#tempo.timeSignatures[0].firstBeat);
  }

  #setBpm(bpm) {
    const [least, most] = BPM_RANGE;
    if (Number.isFinite(bpm) && bpm >= least && bpm <= most) {
      this.#setSteady(bpm, this.#downbeatS, "set the tempo");
    } else {
      announce(`A tempo is ${least} to ${most} beats a minute`);
      this.show();
    }
  }

  #setSteady(bpm, downbeatS, label, gesture = "") {
    const [least, most] = BPM_RANGE;
    const kept = Math.min(most, Math.max(least, bpm));
    const { numerator, denominator } = this.#tempo.timeSignatures[0];
    const { durationS } = this.actions.player;
    this.#change(
      TempoMap.steady(kept, downbeatS, durationS, numerator, denominator),
      label,
      gesture,
    );
  }

  #setNumerator(numerator) {
    const [{ firstBeat, denominator }] = this.#tempo.timeSignatures;
    const signatures = [{ firstBeat: firstBeat % numerator, numerator, denominator }];
    const { beatsS, isSteady } = this.#tempo;
    this.#change(new TempoMap(beatsS, signatures, { isSteady }), "beats of a bar");
  }

  #change(tempo, label, gesture = "") {
    this.store.apply({ ...this.store.state, tempo }, label, gesture);
    announce(`${tempo.bpm.toFixed(1)} beats a minute`);
  }

  /** Show the tempo of the song. */
  show() {
    const field = byId("bpm");
    if (document.activeElement !== field) field.value = this.#bpm.toFixed(1);
    byId("beats-per-bar").value = String(this.#tempo.timeSignatures[0].numerator);
    byId("tempo-note").textContent = noteOf(this.#tempo);
    byId("found-tempo").disabled = this.#tempo === this.#found;
  }
}

/** How far the tempo can be relied on, for people. */
function noteOf(tempo) {
  if (tempo.confidence === 1) return "";
  if (tempo.confidence < UNCERTAIN) return "Only a guess: tap along";
  return `Found, ${Math.round(100 * tempo.confidence)}% sure`;
}
