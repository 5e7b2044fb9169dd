/**
 * The recording, and beside it the transcription as synthesised drums.
 *
 * An <audio> element plays the recording, since it alone slows down without a change of pitch. The
 * drums are set a moment ahead on the audio clock, against where the recording will be then.
 *
 * Events: "state" when it starts, stops, loops or changes speed; "seek" when somebody goes
 * elsewhere; "mix" when what is heard changes; "error" when the recording cannot be played.
 */

import { drumBuffers } from "./drum_voices.js";
import { hitsBetween } from "./hits.js";

const TICK_MS = 25;
const AHEAD_S = 0.15;
// Browsers wake hidden pages once a second.
const AHEAD_HIDDEN_S = 1.5;
const JUMP_S = 0.08;
const DRIFT_SHARE = 0.05;
// How much higher a stand-in's sound is for another lane.
const OTHER_RATE = 1.4;

export class Player extends EventTarget {
  volumes = { recording: 0.8, drums: 0.6, metronome: 0 };
  muted = new Set();
  soloed = new Set();

  /** @type {import("./types.js").Span | null} */
  loop = null;
  isLooping = false;

  #audio = new Audio();
  #context = null;
  #buses = {};
  #buffers = new Map();
  #timer = 0;
  #scheduledS = 0;

  /** Voices that are set to sound, and when on the audio clock. */
  #ahead = [];

  #anchor = { clockS: 0, mediaS: 0 };

  /**
   * @param {string} url of the recording
   * @param {import("./store.js").Store} store
   */
  constructor(url, store) {
    super();
    this.store = store;
    this.#audio.src = url;
    this.#audio.preload = "auto";
    this.#audio.preservesPitch = true;
    for (const type of ["play", "pause", "ended", "ratechange", "seeked"]) {
      this.#audio.addEventListener(type, () => this.#onMedia());
    }
    this.#audio.addEventListener("error", () => this.dispatchEvent(new Event("error")));
    store.addEventListener("change", () => this.#reschedule());
  }

  get isPlaying() {
    return !this.#audio.paused && !this.#audio.ended;
  }

  get durationS() {
    return this.store.song.durationS;
  }

  /** Where the recording is, in seconds; smooth between the steps of the element's own clock. */
  get positionS() {
    const mediaS = this.#audio.currentTime;
    if (!this.isPlaying || !this.#context) return mediaS;
    const clockS = this.#context.currentTime;
    const expectedS = this.#anchor.mediaS + (clockS - this.#anchor.clockS) * this.rate;
    const errorS = mediaS - expectedS;
    const isJump = Math.abs(errorS) > JUMP_S;
    const smoothS = isJump ? mediaS : expectedS + errorS * DRIFT_SHARE;
    this.#anchor = { clockS, mediaS: smoothS };
    return smoothS;
  }

  get rate() {
    return this.#audio.playbackRate;
  }

  set rate(rate) {
    this.#audio.playbackRate = rate;
  }

  async toggle() {
    if (this.isPlaying) this.#audio.pause();
    else await this.play();
  }

  async play() {
    this.#openContext();
    // Not waited for: without a sound device it never ends, and the page can still be watched.
    this.#context.resume();
    if (this.#audio.currentTime >= this.durationS - 0.05) this.seek(0);
    try {
      await this.#audio.play();
    } catch (error) {
      // A pause that comes before the start has finished is no failure.
      if (error.name !== "AbortError") this.dispatchEvent(new Event("error"));
    }
  }

  /** Go to a time because somebody says so. */
  seek(timeS) {
    this.#jump(timeS);
    this.dispatchEvent(new Event("seek"));
  }

  #jump(timeS) {
    this.#audio.currentTime = Math.min(this.durationS, Math.max(0, timeS));
    this.#restart();
  }

  /** @param {import("./types.js").Span | null} span */
  setLoop(span, isLooping = span !== null) {
    this.loop = span;
    this.isLooping = isLooping && span !== null;
    this.#reschedule();
    this.dispatchEvent(new Event("state"));
  }

  setVolume(part, volume) {
    this.volumes[part] = volume;
    const bus = this.#buses[part];
    if (bus) bus.gain.setTargetAtTime(loudness(volume), this.#context.currentTime, 0.015);
    if (part === "metronome") this.#reschedule();
    this.dispatchEvent(new Event("mix"));
  }

  /** Turn mute or solo of a lane's synthesised drum on or off. */
  toggleLane(kind, lane) {
    const lanes = kind === "mute" ? this.muted : this.soloed;
    if (!lanes.delete(lane)) lanes.add(lane);
    this.#reschedule();
    this.dispatchEvent(new Event("mix"));
  }

  isHeard(lane) {
    return this.soloed.size > 0 ? this.soloed.has(lane) : !this.muted.has(lane);
  }

  /** Sound one drum now. */
  preview(lane, velocity) {
    this.#openContext();
    if (this.isPlaying) return;
    this.#context.resume();
    this.#strike(lane, this.#context.currentTime, velocity);
  }

  #openContext() {
    if (this.#context) return;
    this.#context = new AudioContext({ latencyHint: "interactive" });
    this.#buffers = drumBuffers(this.#context);
    for (const [part, volume] of Object.entries(this.volumes)) {
      this.#buses[part] = this.#context.createGain();
      this.#buses[part].gain.value = loudness(volume);
      this.#buses[part].connect(this.#context.destination);
    }
    this.#context.createMediaElementSource(this.#audio).connect(this.#buses.recording);
  }

  #onMedia() {
    window.clearInterval(this.#timer);
    this.#restart();
    if (this.isPlaying) this.#timer = window.setInterval(() => this.#tick(), TICK_MS);
    this.dispatchEvent(new Event("state"));
  }

  /** Begin anew from where the recording is now. */
  #restart() {
    if (!this.#context) return;
    this.#anchor = { clockS: this.#context.currentTime, mediaS: this.#audio.currentTime };
    this.#reschedule();
  }

  /** Take back what is set ahead and set it anew; what sounds already rings on. */
  #reschedule() {
    if (!this.#context) return;
    const clockS = this.#context.currentTime;
    for (const { source, startS } of this.#ahead) if (startS > clockS) source.disconnect();
    this.#ahead = [];
    this.#scheduledS = this.positionS;
  }

  #tick() {
    const nowS = this.positionS;
    if (this.isLooping && nowS >= this.loop.endS - 0.005) {
      this.#jump(this.loop.startS);
      return;
    }
    const aheadS = document.hidden ? AHEAD_HIDDEN_S : AHEAD_S;
    const limitS = this.isLooping && nowS < this.loop.endS ? this.loop.endS : Infinity;
    const untilS = Math.min(limitS, nowS + aheadS * this.rate);
    const fromS = this.#scheduledS;
    if (untilS <= fromS) return;
    this.#scheduledS = untilS;
    const clockS = this.#context.currentTime;
    this.#ahead = this.#ahead.filter(({ startS }) => startS > clockS);
    const when = (timeS) => Math.max(clockS, clockS + (timeS - nowS) / this.rate);
    this.#scheduleHits(fromS, untilS, when);
    if (this.volumes.metronome > 0) this.#scheduleClicks(fromS, untilS, when);
  }

  #scheduleHits(fromS, untilS, when) {
    this.store.state.lanes.forEach((hits, lane) => {
      if (!this.isHeard(lane)) return;
      for (const hit of hitsBetween(hits, fromS, untilS)) {
        this.#strike(lane, when(hit.onsetS), hit.velocity);
      }
    });
  }

  #scheduleClicks(fromS, untilS, when) {
    const { tempo } = this.store.state;
    const first = Math.ceil(tempo.position(fromS) - 1e-6);
    for (let beat = first; tempo.seconds(beat) < untilS; beat += 1) {
      const name = tempo.numberInBar(beat) === 1 ? "accent" : "click";
      this.#sound(name, when(tempo.seconds(beat)), 1, "metronome");
    }
  }

  /** A lane without a sound of its own has its stand-in's, higher, to be told from it. */
  #strike(lane, startS, velocity) {
    const { name, standIn } = this.store.song.lanes[lane];
    const gain = (velocity / 127) ** 1.6;
    if (this.#buffers.has(name)) this.#sound(name, startS, gain);
    else this.#sound(standIn, startS, gain, "drums", OTHER_RATE);
  }

  #sound(name, startS, gain, bus = "drums", rate = 1) {
    const source = this.#context.createBufferSource();
    source.buffer = this.#buffers.get(name);
    source.playbackRate.value = rate;
    const level = this.#context.createGain();
    level.gain.value = gain;
    source.connect(level).connect(this.#buses[bus]);
    source.start(startS);
    this.#ahead.push({ source, startS });
  }
}

/** Gain of a volume 0..1: loudness is felt as a power of it. */
const loudness = (volume) => volume ** 2;
