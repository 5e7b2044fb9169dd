"""Recordings at full scale: what is heard, in training as in transcription, has one level.

The log-mel is absolute and ends 80 dB below a full-scale sine, so the soft hits of a quiet
recording would fall into what it calls silence (what it is worth: docs/model-card.md).
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from drumscribe.data.audio_processing import (
    audio_blocks,
    open_channels,
    resample_blocks,
    to_mono,
)
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.arrays import FloatArray

_MAX_GAIN = 100.0  # 40 dB


def levelled_blocks(
    path: Path,
    *,
    longest_s: float = math.inf,
    on_look: Callable[[float], None] = lambda seconds: None,
) -> Iterator[FloatArray]:
    """``audio_blocks`` at full scale, so that quiet recordings are heard as loud ones are.

    The file is decoded and resampled twice: its loudest sample may be its last, and what counts is
    how loud it is on our clock, without what a higher rate held above that.

    Args:
        path: the recording.
        longest_s: how far into it the loudest sample is looked for, for files nobody vouches for.
        on_look: called with the seconds of audio that have just been looked at, before the first
            block comes.

    Raises:
        DrumscribeError: as ``audio_blocks``.
    """
    source = open_channels(path)
    peak, n_samples = 0.0, 0
    for block in resample_blocks(map(to_mono, source.blocks), source.rate):
        peak = max(peak, _peak(block))
        n_samples += len(block)
        on_look(len(block) / SAMPLE_RATE)
        if n_samples > longest_s * SAMPLE_RATE:
            break
    return audio_blocks(path, full_scale_gain(peak))


def full_scale_gain(peak: float) -> float:
    """The factor that brings a recording whose loudest sample is ``peak`` to full scale.

    At most 40 dB: what is softer is silence with noise. Peaks that are no numbers are left as they
    are, for whoever reads the samples to refuse.
    """
    if not (math.isfinite(peak) and peak > 0):
        return 1.0
    return min(1 / peak, _MAX_GAIN)


def levelled(samples: FloatArray) -> FloatArray:
    """A whole recording's samples, shape (n_samples,), at full scale."""
    return samples * np.float32(full_scale_gain(_peak(samples)))


def _peak(block: FloatArray) -> float:
    return float(np.abs(block).max(initial=0))
