"""Hits that the bundled model hears where there are no drums, a minute."""

import numpy as np
import numpy.typing as npt

from drumscribe.config import InferenceConfig
from drumscribe.data.audio_level import levelled
from drumscribe.data.log_mel import log_mel
from drumscribe.data.render.negatives import speech, sweep
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.bundled import bundled_path
from drumscribe.models.load import load_model
from drumscribe.timing import seconds_to_samples

FloatArray = npt.NDArray[np.float32]

_LENGTH_S = 60.0
_SEEDS = range(5)
_QUICK_SEEDS = range(1)


def lines(*, quick: bool) -> list[str]:
    """The benchmark as rows of a Markdown table."""
    seeds = _QUICK_SEEDS if quick else _SEEDS
    transcriber = Transcriber(load_model(bundled_path()), InferenceConfig())
    rows = [
        f"The mean of {len(seeds)} minutes of each; no instrument or person is heard.",
        "",
        "| sound | hits a minute |",
        "| --- | --- |",
    ]
    for name in ("silence", "white noise, -26 dB", "white noise, -46 dB", "speech-like", "sweep"):
        counts = [_n_hits(transcriber, _sound(name, seed)) for seed in seeds]
        rows.append(f"| {name} | {np.mean(counts) * 60 / _LENGTH_S:.1f} |")
    return rows


def _n_hits(transcriber: Transcriber, samples: FloatArray) -> int:
    features = log_mel(levelled(samples), transcriber.model.header.features)
    return len(transcriber.events(transcriber.activations([features])))


def _sound(name: str, seed: int) -> FloatArray:
    """A minute of it; music and speech have their peak 6 dB below full scale."""
    rng = np.random.default_rng(seed)
    n_samples = seconds_to_samples(_LENGTH_S)
    if name == "silence":
        return np.zeros(n_samples, np.float32)
    if name.startswith("white noise"):
        level = 10 ** (float(name.split(",")[1].removesuffix("dB")) / 20)
        return (level * rng.standard_normal(n_samples)).astype(np.float32)
    sound = {"speech-like": speech, "sweep": sweep}[name](n_samples, rng)
    return np.asarray(sound * (0.5 / np.abs(sound).max()), np.float32)
