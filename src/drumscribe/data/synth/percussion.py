"""What another player adds to a groove: drums that the written patterns do not know."""

from collections.abc import Sequence

import numpy as np

from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.synth.grooves import bar_seconds

_HALVES_OF_A_BEAT = 2
_TIMING_SPREAD_S = 0.004
_MAX_TIMING_ERROR_S = 0.012
_VELOCITIES = (60, 115)


def play_percussion(
    drums: Sequence[int],
    *,
    metre: tuple[int, int],
    bpm: float,
    n_bars: int,
    rng: np.random.Generator,
) -> list[MidiNote]:
    """Each of ``drums`` in its turn, on halves of beats, from the second beat to the end.

    One alone plays the beats in a bar and what lies between them in the next.

    Args:
        drums: the MIDI notes that are struck.
        metre: (numerator, denominator).
        bpm: tempo in quarter notes a minute.
        n_bars: length in bars.
        rng: source of every human error.

    Returns:
        Notes in order of time as meant, onsets in seconds.
    """
    n_steps = _HALVES_OF_A_BEAT * metre[0]
    step_s = bar_seconds(metre, bpm) / n_steps
    notes = []
    for step in range(_HALVES_OF_A_BEAT, n_bars * n_steps):
        turn = (step + step // n_steps) % max(2, len(drums))
        if turn < len(drums):
            error_s = float(rng.normal(0, _TIMING_SPREAD_S))
            error_s = float(np.clip(error_s, -_MAX_TIMING_ERROR_S, _MAX_TIMING_ERROR_S))
            velocity = int(rng.integers(*_VELOCITIES))
            notes.append(MidiNote(step * step_s + error_s, drums[turn], velocity))
    return notes
