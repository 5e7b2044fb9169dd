"""Log-mel against librosa on the same audio and parameters."""

from functools import partial

import librosa
import numpy as np

from benchmarks.machine import best_seconds
from drumscribe.config import FeatureConfig
from drumscribe.data.log_mel import log_mel
from drumscribe.timing import HOP_LENGTH, SAMPLE_RATE, WINDOW_LENGTH, seconds_to_samples

_LENGTHS_S = (3.5, 35.0, 240.0)
_QUICK_LENGTHS_S = (3.5,)


def librosa_log_mel(samples: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """What ``log_mel`` computes, by librosa, shape (T, F)."""
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=SAMPLE_RATE,
        n_fft=WINDOW_LENGTH,
        hop_length=HOP_LENGTH,
        window="hann",
        center=True,
        pad_mode="constant",
        power=2.0,
        n_mels=config.n_mels,
        fmin=config.f_min_hz,
        fmax=config.f_max_hz,
        norm=None,
        htk=False,
    )
    power /= (WINDOW_LENGTH / 4) ** 2  # a full-scale sine under a Hann window
    floor = 10 ** (-config.range_db / 10)
    decibels = librosa.power_to_db(power, ref=1.0, amin=floor, top_db=None)
    return np.clip(decibels / config.range_db + 1, 0, 1).T


def lines(*, quick: bool) -> list[str]:
    """The benchmark as rows of a Markdown table."""
    config = FeatureConfig()
    rng = np.random.default_rng(0)
    rows = [
        "| recording | largest difference | x real time | librosa | ratio |",
        "| --- | --- | --- | --- | --- |",
    ]
    for length_s in _QUICK_LENGTHS_S if quick else _LENGTHS_S:
        samples = (rng.standard_normal(seconds_to_samples(length_s)) * 0.1).astype(np.float32)
        functions = {
            "ours": partial(log_mel, samples, config),
            "librosa": partial(librosa_log_mel, samples, config),
        }
        difference = np.abs(functions["ours"]() - functions["librosa"]()).max()
        times = best_seconds(functions)
        rows.append(
            f"| {length_s:g} s | {difference:.1e} | {length_s / times['ours']:.0f} "
            f"| {length_s / times['librosa']:.0f} | {times['librosa'] / times['ours']:.1f} |"
        )
    return rows
