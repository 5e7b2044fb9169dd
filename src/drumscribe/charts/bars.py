"""The bars of a transcription, which every chart is laid on."""

from dataclasses import replace

from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TempoMap

FALLBACK_BPM = 120.0
"""The tempo of a transcription whose beats nobody has looked for."""


def tempo_of(transcription: Transcription) -> TempoMap:
    """The transcription's bars; a steady tempo from the first second where it has none."""
    return transcription.tempo or TempoMap.steady(FALLBACK_BPM, until_s=transcription.duration_s)


def shifted(transcription: Transcription, by_s: float) -> Transcription:
    """The transcription with everything ``by_s`` seconds later."""
    tempo = tempo_of(transcription)
    return replace(
        transcription,
        events=[replace(e, onset_s=e.onset_s + by_s) for e in transcription.events],
        duration_s=transcription.duration_s + by_s,
        tempo=replace(tempo, beats_s=tuple(time_s + by_s for time_s in tempo.beats_s)),
    )
