/** The row of controls for playing: buttons, clock, speed, volumes. */

import { announce, byId } from "./dom.js";
import { clock } from "./words.js";

export class Transport {
  /**
   * @param {import("./actions.js").Actions} actions
   */
  constructor(actions) {
    this.actions = actions;
    this.player = actions.player;
    this.#on("play", "click", () => this.player.toggle());
    this.#on("to-start", "click", () => this.#toStart());
    this.#on("loop", "click", () => actions.toggleLoop());
    this.#on("clear-loop", "click", () => this.player.setLoop(null));
    this.#on("metronome", "click", () => this.toggleMetronome());
    this.#on("speed", "input", () => {
      this.player.rate = byId("speed").valueAsNumber / 100;
    });
    for (const part of ["recording", "drums"]) this.#volume(part);
    for (const type of ["state", "mix"]) {
      this.player.addEventListener(type, () => this.show());
    }
    this.player.addEventListener("error", () =>
      announce("The recording cannot be played in this browser"),
    );
    this.show();
  }

  #on(id, type, listener) {
    byId(id).addEventListener(type, listener);
  }

  #volume(part) {
    const slider = byId(`volume-${part}`);
    slider.value = String(this.player.volumes[part] * 100);
    this.#on(slider.id, "input", () => this.player.setVolume(part, slider.valueAsNumber / 100));
  }

  #toStart() {
    this.player.seek(this.player.isLooping ? this.player.loop.startS : 0);
    this.actions.view.reveal(this.player.positionS);
  }

  toggleMetronome() {
    this.player.setVolume("metronome", this.player.volumes.metronome > 0 ? 0 : 0.7);
  }

  /** Show what the player does. */
  show() {
    const { player } = this;
    const { isPlaying } = player;
    byId("play").classList.toggle("is-playing", isPlaying);
    byId("play").setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    byId("loop").setAttribute("aria-pressed", String(player.isLooping));
    byId("clear-loop").hidden = player.loop === null;
    byId("metronome").setAttribute("aria-pressed", String(player.volumes.metronome > 0));
    byId("speed").value = String(Math.round(player.rate * 100));
    byId("speed-value").textContent = `${player.rate.toFixed(2)}×`;
  }

  /** Show where the player is; called once a frame. */
  showPosition() {
    const { positionS, durationS } = this.player;
    const tempo = this.actions.store.state.tempo;
    const [at] = tempo.label(positionS).split(" ");
    setText(byId("clock"), clock(positionS));
    setText(byId("duration"), clock(durationS, 0));
    setText(byId("bar"), at);
  }
}

/** Text is set only when it differs, since each setting lays out the page. */
function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}
