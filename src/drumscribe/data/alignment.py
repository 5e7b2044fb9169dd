"""How far a recording lags its MIDI, and a player the click: one constant offset each per file.

E-GMD's audio and MIDI are offset by a constant that differs from file to file, tens of milliseconds
either way. The offset is where an onset-strength curve of the audio, read at the MIDI's onsets, is
strongest on average. The grid's phase is found from the MIDI alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drumscribe.data.midi_processing import MidiNote
from drumscribe.drums import LANES8
from drumscribe.tempo import Beat
from drumscribe.timing import SAMPLE_RATE, seconds_to_samples
from drumscribe.utils.arrays import Float64Array, FloatArray

MAX_PHASE_S = 0.06
"""How far from the click a player is looked for; Groove's play a constant -38..+15 ms off it."""

# Fine enough to place an attack, long enough to average its noise.
_BLOCK_SAMPLES = seconds_to_samples(0.001)
_BLOCKS_PER_S = SAMPLE_RATE / _BLOCK_SAMPLES
_PRE_EMPHASIS = 0.97  # the attack's click, not the drum's tone, tells when it was hit
_ENERGY_FLOOR = 1e-6  # -60 dB: what is quieter is room noise
_SMOOTHING_S = 0.003  # as far as simultaneous hits of one player scatter
_RIVAL_DISTANCE_S = 0.02  # nearer than this is the same peak
_GRID_STEPS_PER_BEAT = 2


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the audio lies against the MIDI.

    Attributes:
        offset_s: audio time minus MIDI time of the same hit, in seconds; add it to MIDI onsets.
        confidence: 0..1; how far the best offset stands above the best rival that is not next to
            it, as a share of its own height. Hits that do not belong to the audio give about 0.
    """

    offset_s: float
    confidence: float


def align(
    onset_strength: FloatArray, notes: Sequence[MidiNote], *, max_offset_s: float
) -> Alignment:
    """Estimate the constant offset of a recording against its MIDI.

    Args:
        onset_strength: what ``onset_strength`` gave for the recording, one value a millisecond.
        notes: its hits, onsets in seconds.
        max_offset_s: search range to both sides, in seconds.

    Returns:
        The offset; 0 with confidence 0 when there are no hits or no audio to find them in.
    """
    n_allowed = round(max_offset_s * _BLOCKS_PER_S)
    # Rivals are wanted however few offsets are allowed: without any, every offset looks certain.
    n_shifts = max(n_allowed, round(2 * _RIVAL_DISTANCE_S * _BLOCKS_PER_S))
    if not notes or not onset_strength.any():
        return Alignment(0.0, 0.0)
    smooth = np.convolve(onset_strength, _smoothing_kernel(), mode="same")
    padded = np.pad(smooth, n_shifts + 1)
    onsets = np.array([note.onset_s for note in notes])
    weights = np.array([note.velocity for note in notes], dtype=np.float64)
    centres = np.floor(onsets * _BLOCKS_PER_S).astype(int) + n_shifts + 1
    shifts = np.arange(-n_shifts, n_shifts + 1)
    indices = np.clip(centres[:, None] + shifts, 0, len(padded) - 1)
    scores = weights @ padded[indices] / weights.sum()
    first = n_shifts - n_allowed
    allowed = scores[first : len(scores) - first]
    best = int(np.argmax(allowed))
    offset_s = (shifts[first + best] + _peak_fraction(allowed, best)) / _BLOCKS_PER_S
    return Alignment(float(offset_s), _prominence(scores, first + best))


def onset_strength(sample_blocks: Iterable[FloatArray]) -> FloatArray:
    """Rise of the log energy of pre-emphasised audio.

    Args:
        sample_blocks: mono samples at ``SAMPLE_RATE`` in blocks of any length, shape (n,) each.

    Returns:
        Shape (n_samples // 22,): one value a millisecond, all >= 0.
    """
    energies = [np.zeros(0, np.float32)]
    rest = np.zeros(1, np.float32)  # one sample of context for the pre-emphasis
    for block in sample_blocks:
        samples = np.concatenate([rest, block])
        n_blocks = (len(samples) - 1) // _BLOCK_SAMPLES
        n_used = n_blocks * _BLOCK_SAMPLES
        emphasised = samples[1 : n_used + 1] - _PRE_EMPHASIS * samples[:n_used]
        energies.append(np.square(emphasised).reshape(n_blocks, _BLOCK_SAMPLES).mean(axis=1))
        rest = samples[n_used:]
    level = np.log10(np.concatenate(energies) + _ENERGY_FLOOR)
    rise = np.diff(level, prepend=np.log10(np.float32(_ENERGY_FLOOR)))
    return np.asarray(np.maximum(rise, 0), np.float32)


def grid_phase_s(
    notes: Sequence[MidiNote], beats: Sequence[Beat], overrides: Mapping[int, str] | None = None
) -> float:
    """How far the player lies behind the grid of the click, in seconds (negative: ahead).

    The median distance of kicks and snares to the nearest half beat, over those within
    ``MAX_PHASE_S`` of one. What is a kick or a snare is told by the eight lanes, whatever kit the
    labels are read as.

    Args:
        notes: what was played, in seconds on the clock of ``beats``.
        beats: the click.
        overrides: class names for notes that mean something else in this file.

    Returns:
        Seconds to add to beats so that they fall where the player has them; 0 without evidence.
    """
    lanes = LANES8.name_by_note | dict(overrides or {})
    backbeat = [note.onset_s for note in notes if lanes.get(note.note) in ("kick", "snare")]
    onsets = np.array(backbeat, dtype=np.float64)
    times_s = np.array([beat.time_s for beat in beats])
    if len(onsets) == 0 or len(times_s) < 2:
        return 0.0
    positions = np.arange(len(times_s)) * _GRID_STEPS_PER_BEAT
    grid_s = np.interp(np.arange(positions[-1] + 1), positions, times_s)
    nearest = np.clip(np.searchsorted(grid_s, onsets), 1, len(grid_s) - 1)
    distances = np.stack([onsets - grid_s[nearest - 1], onsets - grid_s[nearest]])
    closest = distances[np.abs(distances).argmin(axis=0), np.arange(len(onsets))]
    near = closest[np.abs(closest) <= MAX_PHASE_S]
    return float(np.median(near)) if len(near) else 0.0


def _smoothing_kernel() -> Float64Array:
    """A Gaussian of unit sum, three standard deviations to both sides."""
    sigma = _SMOOTHING_S * _BLOCKS_PER_S
    distance = np.arange(-round(3 * sigma), round(3 * sigma) + 1)
    kernel = np.exp(-0.5 * (distance / sigma) ** 2)
    return np.asarray(kernel / kernel.sum())


def _peak_fraction(scores: Float64Array, best: int) -> float:
    """Place of the maximum between the points, -0.5..0.5, by a parabola through three of them."""
    if not 0 < best < len(scores) - 1:
        return 0.0
    left, middle, right = scores[best - 1 : best + 2]
    curvature = left - 2 * middle + right
    return 0.0 if curvature == 0 else float(0.5 * (left - right) / curvature)


def _prominence(scores: Float64Array, best: int) -> float:
    """How far the best score stands above the best distant one, 0..1."""
    distance = round(_RIVAL_DISTANCE_S * _BLOCKS_PER_S)
    rivals = np.concatenate([scores[: max(0, best - distance)], scores[best + distance + 1 :]])
    if scores[best] <= 0:
        return 0.0
    rival = float(rivals.max()) if len(rivals) else 0.0
    return float(np.clip(1 - rival / scores[best], 0, 1))
