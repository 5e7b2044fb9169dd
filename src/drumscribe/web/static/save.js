/**
 * Edits on their way to the server, a moment after the last one.
 *
 * The server counts revisions. When somebody else has saved one since (another window, say), the
 * user chooses which of the two stays.
 */

import * as api from "./api.js";
import { loadSong } from "./song.js";

const PAUSE_MS = 500;
const RETRY_MS = 4000;
// The most that browsers send for a page that is closing.
const KEEPALIVE_BYTES = 60_000;

export class Saver {
  #timer = 0;
  #isSending = false;
  #saved;
  #sending = Promise.resolve();

  /**
   * @param {import("./store.js").Store} store
   * @param {(text: string, kind: string) => void} show shows the state of saving
   * @param {() => Promise<"mine" | "theirs">} choose asks which of two edits stays
   */
  constructor(store, show, choose) {
    this.store = store;
    this.show = show;
    this.choose = choose;
    this.revision = store.song.revision;
    this.#saved = store.state;
    store.addEventListener("change", () => this.#later(PAUSE_MS));
    window.addEventListener("pagehide", () => this.#sendLast());
    window.addEventListener("beforeunload", (event) => this.#warn(event));
    show(store.song.revision > 0 ? "Saved" : "", "saved");
  }

  get hasUnsaved() {
    return this.store.state !== this.#saved;
  }

  /** Save now what is not saved yet; done when it is. */
  async flush() {
    window.clearTimeout(this.#timer);
    // Of several that wait for one save the first sends the next, for which the others wait again.
    while (this.#isSending) await this.#sending;
    if (this.hasUnsaved) await this.#send();
  }

  #later(delayMs) {
    window.clearTimeout(this.#timer);
    if (!this.hasUnsaved) return;
    if (delayMs < RETRY_MS) this.show("Saving…", "saving");
    this.#timer = window.setTimeout(() => this.flush(), delayMs);
  }

  #send() {
    this.#sending = this.#attempt();
    return this.#sending;
  }

  async #attempt() {
    const { state } = this.store;
    let againMs = PAUSE_MS;
    this.#isSending = true;
    try {
      this.revision = await api.saveEdits(this.store.song.id, this.#body());
      this.#saved = state;
      this.show("Saved", "saved");
    } catch (error) {
      againMs = await this.#onError(error, state);
    } finally {
      this.#isSending = false;
    }
    this.#later(againMs);
  }

  /** Answers after how long to try again. */
  async #onError(error, state) {
    if (error.status === 409) return this.#onConflict();
    const isPassing = error.status === 0 || error.status === 429 || error.status >= 500;
    if (isPassing) {
      this.show("Not saved yet, trying again", "failed");
      return RETRY_MS;
    }
    // The server will not take these edits, however often they come.
    this.#saved = state;
    this.show(`Not saved: ${error.message}`, "failed");
    return PAUSE_MS;
  }

  async #onConflict() {
    const theirs = await loadSong(this.store.song.id).catch(() => null);
    if (!theirs) return RETRY_MS;
    this.revision = theirs.revision;
    if ((await this.choose()) === "theirs") {
      this.#saved = theirs.state;
      this.store.reload(theirs);
      this.show("Saved", "saved");
    }
    return 0;
  }

  #body() {
    const { song, state } = this.store;
    const thresholds = song.lanes.map((lane, index) => [lane.name, state.thresholds[index]]);
    return {
      revision: this.revision,
      events: this.store.eventsJson(),
      tempo: state.tempo.toJson(),
      thresholds: Object.fromEntries(thresholds),
    };
  }

  /** The page is closing: send what fits, without waiting for the answer. */
  #sendLast() {
    if (!this.hasUnsaved || this.#isSending) return;
    const body = this.#body();
    if (JSON.stringify(body).length > KEEPALIVE_BYTES) return;
    this.#saved = this.store.state;
    api.saveEdits(this.store.song.id, body, { isLast: true }).catch(() => {});
  }

  #warn(event) {
    if (this.hasUnsaved) event.preventDefault();
  }
}
