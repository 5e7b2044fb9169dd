"""What every chart is made from: a transcription on its bars."""

import copy
from dataclasses import replace

from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TempoMap

FALLBACK_BPM = 120.0
"""The tempo of a transcription whose beats nobody has found."""


def tempo_of(transcription: Transcription) -> TempoMap:
    """The transcription's bars; a steady tempo from the first second where it has none."""
    tempo: TempoMap | None = getattr(transcription, "tempo", None)
    return tempo or TempoMap.steady(FALLBACK_BPM, until_s=transcription.duration_s)


def with_tempo(transcription: Transcription, tempo: TempoMap) -> Transcription:
    """The transcription on the bars of ``tempo``."""
    timed = copy.copy(transcription)
    object.__setattr__(timed, "tempo", tempo)
    return timed


def shifted(transcription: Transcription, by_s: float) -> Transcription:
    """The transcription with everything ``by_s`` seconds later."""
    tempo = tempo_of(transcription)
    later = replace(
        transcription,
        events=[replace(e, onset_s=e.onset_s + by_s) for e in transcription.events],
        duration_s=transcription.duration_s + by_s,
    )
    beats_s = tuple(time_s + by_s for time_s in tempo.beats_s)
    return with_tempo(later, replace(tempo, beats_s=beats_s))
