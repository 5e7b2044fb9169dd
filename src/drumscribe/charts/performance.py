"""What every chart is made from: a transcription on its bars."""

from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TempoMap

FALLBACK_BPM = 120.0
"""The tempo of a transcription whose beats nobody has found."""


def tempo_of(transcription: Transcription) -> TempoMap:
    """The transcription's bars; a steady tempo from the first second where it has none."""
    tempo: TempoMap | None = getattr(transcription, "tempo", None)
    return tempo or TempoMap.steady(FALLBACK_BPM, until_s=transcription.duration_s)
