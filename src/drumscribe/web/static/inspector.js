/** What is selected, in words, and its velocity and lane to change. */

import { announce, byId, element } from "./dom.js";
import { counted } from "./words.js";
import { CERTAIN } from "./hits.js";

export class Inspector {
  /**
   * @param {import("./actions.js").Actions} actions
   */
  constructor(actions) {
    this.actions = actions;
    this.store = actions.store;
    const { rows, song } = this.store;
    const options = rows.map((lane) =>
      element("option", { value: String(lane) }, song.lanes[lane].displayName),
    );
    byId("hit-lane").replaceChildren(element("option", { value: "" }, "–"), ...options);
    const on = (id, type, listener) => byId(id).addEventListener(type, listener);
    on("hit-lane", "change", () => this.#setLane(byId("hit-lane").value));
    on("hit-velocity", "input", () => this.#setVelocity(byId("hit-velocity").valueAsNumber));
    on("hit-velocity", "change", () => this.store.endGesture());
    on("delete-hits", "click", () => actions.removeSelected());
    on("quantise", "click", () => actions.quantise());
    for (const type of ["change", "select"]) {
      this.store.addEventListener(type, () => this.show());
    }
    this.show();
  }

  #setLane(value) {
    if (value === "") return;
    this.actions.change(() => ({ lane: Number(value) }), "change lane");
    announce(`Moved to ${this.store.song.lanes[Number(value)].displayName}`);
  }

  #setVelocity(velocity) {
    this.actions.change(() => ({ velocity }), "change velocity", "velocity slider");
  }

  /** Show the selected hits. */
  show() {
    const { selected } = this.store;
    const isAny = selected.length > 0;
    for (const id of ["hit-lane", "hit-velocity", "delete-hits", "quantise"]) {
      byId(id).disabled = !isAny;
    }
    byId("inspector").classList.toggle("is-empty", !isAny);
    byId("selected-text").textContent = isAny
      ? this.#summary(selected)
      : "Nothing selected. Double-click a lane to add a hit.";
    const lanes = new Set(selected.map((hit) => hit.lane));
    byId("hit-lane").value = lanes.size === 1 ? String(selected[0].lane) : "";
    const sum = selected.reduce((total, hit) => total + hit.velocity, 0);
    const velocity = isAny ? Math.round(sum / selected.length) : 100;
    byId("hit-velocity").value = String(velocity);
    byId("hit-velocity-value").textContent = isAny ? String(velocity) : "–";
  }

  #summary(selected) {
    if (selected.length > 1) return `${counted(selected.length, "hit")} selected`;
    const [hit] = selected;
    const isSet = hit.confidence === CERTAIN;
    const sure = isSet ? "set by you" : `${Math.round(hit.confidence * 100)}% sure`;
    const at = this.store.state.tempo.label(hit.onsetS);
    return `Bar ${at} · ${hit.onsetS.toFixed(3)} s · ${sure}`;
  }
}
