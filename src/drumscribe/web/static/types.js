/**
 * The shapes that the page's modules hand each other. Nothing here runs.
 *
 * Conventions: seconds end in S, frames in Frame, pixels in Px. A lane is its index in the
 * transcription's list of lanes; names are for the server.
 *
 * @typedef {object} Hit
 * @property {number} id unique within the page; kept while the hit is the same
 * @property {number} onsetS seconds from the start of the recording
 * @property {number} lane index of its lane
 * @property {number} velocity 1..127
 * @property {number} confidence 0..1; exactly 1 for a hit that a person has set
 *
 * @typedef {object} Candidate a peak that becomes a hit when its lane's threshold lets it
 * @property {Hit} hit
 * @property {number} height its activation, 0..1
 *
 * @typedef {object} Removal a place where a person wants no picked hit
 * @property {number} lane
 * @property {number} onsetS
 *
 * @typedef {object} State everything that undo brings back; never changed, only replaced
 * @property {Hit[][]} lanes the hits of each lane in order of time
 * @property {Removal[]} removals
 * @property {number[]} thresholds of each lane, 0..1
 * @property {import("./tempo.js").TempoMap} tempo
 *
 * @typedef {object} Lane
 * @property {string} name "high_tom"
 * @property {string} displayName "High tom"
 * @property {string} standIn the lane of the eight that it is, or is nearest to
 *
 * @typedef {object} Picking
 * @property {number} peakWindowS
 * @property {number} minGapS
 *
 * @typedef {object} Song what the server knows of one transcription
 * @property {string} id
 * @property {string} name
 * @property {number} durationS
 * @property {number} revision
 * @property {Lane[]} lanes
 * @property {number[]} modelThresholds
 * @property {State} state
 * @property {import("./tempo.js").TempoMap} foundTempo without edits; that of the state where those
 *   have not changed it
 * @property {Candidate[][]} candidates of each lane in order of time
 * @property {Picking} picking
 * @property {number} frameRate activations a second
 * @property {Waveform} waveform
 *
 * @typedef {object} Waveform
 * @property {Uint8Array} extremes lowest and highest sample of each step, 0..255 for -1..1, (n, 2)
 * @property {number} stepS
 *
 * @typedef {object} Span
 * @property {number} startS
 * @property {number} endS
 */

export {};
