/**
 * Synthesised drums: one short sound for each lane, computed once.
 *
 * Each voice is a function of time since the hit in seconds, -1..1; noise comes in as a number
 * -1..1 of the sample.
 */

const TAU = 2 * Math.PI;

const decay = (timeS, tauS) => Math.exp(-timeS / tauS);

/** A membrane: a tone that falls from one pitch to another. */
function membrane(timeS, { fromHz, toHz, fallS, ringS, click }) {
  // The phase is the integral of the falling frequency.
  const cycles = toHz * timeS + (fromHz - toHz) * fallS * (1 - decay(timeS, fallS));
  const body = Math.sin(TAU * cycles) * decay(timeS, ringS);
  return body + click * decay(timeS, 0.002) * Math.sin(TAU * 1800 * timeS);
}

/** A cymbal's shimmer: tones of no common pitch. */
function metal(timeS, rootHz) {
  const ratios = [1, 1.342, 1.2312, 1.6532, 1.9523, 2.1523];
  const sum = ratios.reduce(
    (all, ratio) => all + Math.sign(Math.sin(TAU * rootHz * ratio * timeS)),
    0,
  );
  return sum / ratios.length;
}

const VOICES = {
  kick: {
    lengthS: 0.35,
    level: 0.95,
    sample: (timeS) =>
      membrane(timeS, { fromHz: 170, toHz: 48, fallS: 0.028, ringS: 0.12, click: 0.25 }),
  },
  snare: {
    lengthS: 0.28,
    level: 0.62,
    sample: (timeS, noise) =>
      0.55 * membrane(timeS, { fromHz: 260, toHz: 185, fallS: 0.02, ringS: 0.07, click: 0.2 }) +
      0.75 * noise * decay(timeS, 0.065),
  },
  hihat: {
    lengthS: 0.12,
    level: 0.34,
    isBright: true,
    sample: (timeS, noise) => (0.8 * noise + 0.5 * metal(timeS, 540)) * decay(timeS, 0.028),
  },
  high_tom: {
    lengthS: 0.4,
    level: 0.7,
    sample: (timeS) =>
      membrane(timeS, { fromHz: 300, toHz: 205, fallS: 0.05, ringS: 0.12, click: 0.12 }),
  },
  mid_tom: {
    lengthS: 0.45,
    level: 0.72,
    sample: (timeS) =>
      membrane(timeS, { fromHz: 220, toHz: 145, fallS: 0.055, ringS: 0.14, click: 0.12 }),
  },
  low_tom: {
    lengthS: 0.55,
    level: 0.78,
    sample: (timeS) =>
      membrane(timeS, { fromHz: 150, toHz: 92, fallS: 0.06, ringS: 0.18, click: 0.12 }),
  },
  crash: {
    lengthS: 1.5,
    level: 0.4,
    isBright: true,
    sample: (timeS, noise) => (noise + 0.25 * metal(timeS, 410)) * decay(timeS, 0.42),
  },
  ride: {
    lengthS: 0.8,
    level: 0.3,
    isBright: true,
    sample: (timeS, noise) =>
      (0.7 * metal(timeS, 620) + 0.35 * noise) *
      (0.6 * decay(timeS, 0.05) + 0.4 * decay(timeS, 0.3)),
  },
  click: {
    lengthS: 0.05,
    level: 0.5,
    sample: (timeS) => Math.sin(TAU * 1250 * timeS) * decay(timeS, 0.009),
  },
  accent: {
    lengthS: 0.05,
    level: 0.6,
    sample: (timeS) => Math.sin(TAU * 1900 * timeS) * decay(timeS, 0.011),
  },
};

/**
 * The sounds as buffers, by lane name, and the metronome's "click" and "accent".
 *
 * @param {AudioContext} context
 * @returns {Map<string, AudioBuffer>}
 */
export function drumBuffers(context) {
  return new Map(
    Object.entries(VOICES).map(([name, voice]) => {
      const nSamples = Math.ceil(voice.lengthS * context.sampleRate);
      const buffer = context.createBuffer(1, nSamples, context.sampleRate);
      buffer.copyToChannel(rendered(voice, nSamples, context.sampleRate), 0);
      return [name, buffer];
    }),
  );
}

function rendered(voice, nSamples, sampleRate) {
  const samples = new Float32Array(nSamples);
  let before = 0;
  for (let index = 0; index < nSamples; index += 1) {
    const timeS = index / sampleRate;
    const raw = voice.sample(timeS, 2 * Math.random() - 1);
    // The difference of neighbours takes the bass out of a cymbal's noise.
    const value = voice.isBright ? 0.5 * (raw - before) : raw;
    before = raw;
    const fadeOut = Math.min(1, (nSamples - index) / (0.01 * sampleRate));
    samples[index] = voice.level * value * fadeOut;
  }
  return samples;
}
