/** A header for each lane: its colour, name and count, mute, solo and sensitivity. */

import { announce, element } from "./dom.js";
import { repicked } from "./edits.js";
import { laneColour } from "./palette.js";
import { THRESHOLD_RANGE } from "./song.js";
import { counted } from "./words.js";

/** Sensitivity in per cent: the higher, the more hits. */
const sensitivityOf = (threshold) => Math.round((1 - threshold) * 100);
const thresholdOf = (sensitivity) => 1 - sensitivity / 100;

export class LaneHeaders {
  /**
   * @param {HTMLElement} list
   * @param {import("./store.js").Store} store
   * @param {import("./player.js").Player} player
   */
  constructor(list, store, player) {
    this.list = list;
    this.store = store;
    this.player = player;
    this.headers = store.rows.map((lane) => this.#header(lane));
    document.documentElement.style.setProperty("--n-lanes", String(this.headers.length));
    list.replaceChildren(...this.headers.map(({ item }) => item));
    for (const type of ["change", "select"]) store.addEventListener(type, () => this.show());
    player.addEventListener("mix", () => this.show());
    this.show();
  }

  #header(lane) {
    const { name, displayName } = this.store.song.lanes[lane];
    const label = element("button", { type: "button", class: "lane-name" }, displayName);
    label.addEventListener("click", () => this.store.select([], lane));
    const count = element("output", { class: "lane-count", "data-count": name });
    const mute = this.#toggle(lane, "mute", "M", `Mute ${displayName} in the drums`);
    const solo = this.#toggle(lane, "solo", "S", `Solo ${displayName} in the drums`);
    const slider = this.#slider(lane);
    const own = element("span", { class: "own-mark", title: "The model's own" });
    const share = sensitivityOf(this.store.song.modelThresholds[lane]) / 100;
    own.style.setProperty("--share", String(share));
    const head = element("div", { class: "lane-head" }, label, count, mute, solo);
    const range = element("div", { class: "lane-range" }, slider, own);
    const item = element("li", { class: "lane-header", "data-lane": name }, head, range);
    item.style.setProperty("--lane", laneColour(name, lane));
    return { lane, item, label, count, mute, solo, slider };
  }

  #toggle(lane, kind, letter, title) {
    const button = element("button", { type: "button", class: `chip ${kind}`, title }, letter);
    button.setAttribute("aria-label", title);
    button.addEventListener("click", () => this.player.toggleLane(kind, lane));
    return button;
  }

  #slider(lane) {
    const { displayName } = this.store.song.lanes[lane];
    const [least, most] = THRESHOLD_RANGE;
    const slider = element("input", {
      type: "range",
      min: String(sensitivityOf(most)),
      max: String(sensitivityOf(least)),
      step: "1",
      "aria-label": `Sensitivity of ${displayName}`,
      title: `Sensitivity: further right finds more ${displayName.toLowerCase()} hits`,
    });
    slider.addEventListener("input", () => this.#pick(lane, thresholdOf(slider.valueAsNumber)));
    slider.addEventListener("change", () => {
      this.store.endGesture();
      announce(`${displayName}: ${counted(this.store.state.lanes[lane].length, "hit")}`);
    });
    return slider;
  }

  #pick(lane, threshold) {
    const startMs = performance.now();
    const next = repicked(this.store.state, this.store.song, lane, threshold);
    this.store.apply(next, "sensitivity", `sensitivity ${lane}`);
    performance.measure("repick", { start: startMs });
  }

  /** Show what store and player hold. */
  show() {
    const { state } = this.store;
    for (const { lane, item, label, count, mute, solo, slider } of this.headers) {
      item.classList.toggle("current", lane === this.store.lane);
      item.classList.toggle("silent", !this.player.isHeard(lane));
      label.setAttribute("aria-pressed", String(lane === this.store.lane));
      count.textContent = state.lanes[lane].length.toLocaleString("en");
      mute.setAttribute("aria-pressed", String(this.player.muted.has(lane)));
      solo.setAttribute("aria-pressed", String(this.player.soloed.has(lane)));
      const sensitivity = sensitivityOf(state.thresholds[lane]);
      if (slider.valueAsNumber !== sensitivity) slider.value = String(sensitivity);
      slider.setAttribute("aria-valuetext", `${sensitivity} per cent`);
    }
  }
}
