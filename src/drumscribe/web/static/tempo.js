/**
 * Musical time: where the beats fall in seconds, and how they make bars.
 *
 * A position is a number of beats from the first beat of the map, fractions between beats. Beyond
 * both ends of the map the outermost tempo goes on.
 */

/** @typedef {{firstBeat: number, numerator: number, denominator: number}} TimeSignature */

const MIN_TAPS = 4;

/** Below this confidence a tempo map is a guess: nothing should keep to its grid unasked. */
export const UNCERTAIN = 0.5;

/** Steps of the grid by name, in parts of a beat. */
export const GRID_STEPS = [
  { id: "off", name: "Off", perBeat: 0 },
  { id: "4", name: "1/4", perBeat: 1 },
  { id: "8", name: "1/8", perBeat: 2 },
  { id: "8t", name: "1/8 triplet", perBeat: 3 },
  { id: "16", name: "1/16", perBeat: 4 },
  { id: "16t", name: "1/16 triplet", perBeat: 6 },
  { id: "32", name: "1/32", perBeat: 8 },
];

export class TempoMap {
  /**
   * @param {number[]} beatsS times of the beats in seconds, increasing, at least two
   * @param {TimeSignature[]} timeSignatures in order of beats, at least one
   * @param {{confidence?: number, isSteady?: boolean}} [facts]
   */
  constructor(beatsS, timeSignatures, { confidence = 1, isSteady = false } = {}) {
    this.beatsS = beatsS;
    this.timeSignatures = timeSignatures;
    this.confidence = confidence;
    this.isSteady = isSteady;
  }

  /** A map as the server writes it. A recording without beats gets 120 beats a minute. */
  static fromJson(json, durationS) {
    if (!json || json.beats_s.length < 2) return TempoMap.steady(120, 0, durationS, 4);
    const signatures = json.time_signatures.map((each) => ({
      firstBeat: each.first_beat,
      numerator: each.numerator,
      denominator: each.denominator,
    }));
    const facts = { confidence: json.confidence, isSteady: json.is_steady };
    return new TempoMap(json.beats_s, signatures, facts);
  }

  /** A constant tempo with a downbeat at `downbeatS`, whose beats span the whole recording. */
  static steady(bpm, downbeatS, durationS, numerator, denominator = 4) {
    const stepS = 60 / bpm;
    const barS = stepS * numerator;
    const firstS = downbeatS - Math.floor(downbeatS / barS + 1e-9) * barS;
    const nBeats = Math.max(2, Math.ceil((durationS - firstS) / stepS) + 1);
    const beatsS = Array.from({ length: nBeats }, (_, beat) => firstS + beat * stepS);
    return new TempoMap(beatsS, [{ firstBeat: 0, numerator, denominator }], { isSteady: true });
  }

  toJson() {
    return {
      beats_s: this.beatsS,
      time_signatures: this.timeSignatures.map((each) => ({
        first_beat: each.firstBeat,
        numerator: each.numerator,
        denominator: each.denominator,
      })),
      confidence: this.confidence,
      is_steady: this.isSteady,
      bpm: this.bpm,
    };
  }

  /** Whether another map says the same. */
  equals(other) {
    return JSON.stringify(this.toJson()) === JSON.stringify(other.toJson());
  }

  /** Beats a minute: the median over the map. */
  get bpm() {
    const steps = this.beatsS.slice(1).map((timeS, beat) => timeS - this.beatsS[beat]);
    steps.sort((a, b) => a - b);
    const middle = steps.length >> 1;
    const isOdd = steps.length % 2 === 1;
    return 60 / (isOdd ? steps[middle] : (steps[middle - 1] + steps[middle]) / 2);
  }

  /** Time in seconds of a position in beats. */
  seconds(position) {
    const last = this.beatsS.length - 2;
    const beat = Math.min(last, Math.max(0, Math.floor(position)));
    return this.beatsS[beat] + (position - beat) * (this.beatsS[beat + 1] - this.beatsS[beat]);
  }

  /** Position in beats of a time in seconds. */
  position(timeS) {
    let low = 0;
    let high = this.beatsS.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.beatsS[middle] <= timeS) low = middle;
      else high = middle - 1;
    }
    return low + (timeS - this.beatsS[low]) / (this.beatsS[low + 1] - this.beatsS[low]);
  }

  /** The time signature of a beat; before the first one, the first. */
  signatureAt(beat) {
    let current = this.timeSignatures[0];
    for (const signature of this.timeSignatures) {
      if (signature.firstBeat <= beat) current = signature;
    }
    return current;
  }

  /** Which count of its bar a beat is, 1 the downbeat. */
  numberInBar(beat) {
    const { firstBeat, numerator } = this.signatureAt(beat);
    return ((((beat - firstBeat) % numerator) + numerator) % numerator) + 1;
  }

  /** Number of the bar that holds a beat; the map's first downbeat begins bar 1. */
  barOf(beat) {
    const [first] = this.timeSignatures;
    let bar = 1;
    let current = first;
    for (const next of this.timeSignatures.slice(1)) {
      if (next.firstBeat > beat) break;
      bar += Math.ceil((next.firstBeat - current.firstBeat) / current.numerator);
      current = next;
    }
    return bar + Math.floor((beat - current.firstBeat) / current.numerator);
  }

  /** "12.3" or, between beats, "12.3 + 50%": bar and beat of a time, for people. */
  label(timeS) {
    const position = this.position(timeS) + 1e-6;
    const beat = Math.floor(position);
    const percent = Math.floor((position - beat) * 100);
    const between = percent > 0 ? ` + ${percent}%` : "";
    return `${this.barOf(beat)}.${this.numberInBar(beat)}${between}`;
  }

  /** The time on the grid nearest to `timeS`, never before 0 or after `endS`. */
  snapped(timeS, perBeat, endS = Infinity) {
    if (perBeat === 0) return timeS;
    const step = Math.round(this.position(timeS) * perBeat);
    const snappedS = this.seconds(step / perBeat);
    if (snappedS < 0) return this.seconds((step + 1) / perBeat);
    return snappedS <= endS ? snappedS : this.seconds((step - 1) / perBeat);
  }

  /** `timeS` moved by steps of the grid, from where it is. */
  stepped(timeS, perBeat, nSteps) {
    return Math.max(0, this.seconds(this.position(timeS) + nSteps / perBeat));
  }

  /** The same beats with a downbeat at the beat nearest to `timeS`. */
  withDownbeatNear(timeS) {
    const beat = Math.round(this.position(timeS));
    const { numerator, denominator } = this.signatureAt(beat);
    const firstBeat = ((beat % numerator) + numerator) % numerator;
    const signatures = [{ firstBeat, numerator, denominator }];
    return new TempoMap(this.beatsS, signatures, { isSteady: this.isSteady });
  }
}

/**
 * Tempo and phase of somebody's taps: the straight line through them with the least squares.
 *
 * @param {number[]} tapsS times in the song in seconds, in order
 * @returns {{bpm: number, beatS: number} | null} null for too few taps
 */
export function fitTaps(tapsS) {
  const n = tapsS.length;
  if (n < MIN_TAPS) return null;
  const meanIndex = (n - 1) / 2;
  const meanS = tapsS.reduce((sum, tapS) => sum + tapS, 0) / n;
  let covariance = 0;
  let variance = 0;
  tapsS.forEach((tapS, index) => {
    covariance += (index - meanIndex) * (tapS - meanS);
    variance += (index - meanIndex) ** 2;
  });
  const stepS = covariance / variance;
  return { bpm: 60 / stepS, beatS: meanS - meanIndex * stepS };
}
