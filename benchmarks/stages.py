"""Transcription stage by stage on one recording and one core."""

from pathlib import Path

import numpy as np

from benchmarks.cold_start import write_repeated
from benchmarks.machine import best_cpu_seconds, temporary_folder
from drumscribe.charts.formats import write_format
from drumscribe.config import InferenceConfig
from drumscribe.data.audio_level import levelled_blocks
from drumscribe.data.log_mel import log_mel
from drumscribe.inference.beats import find_tempo
from drumscribe.inference.transcriber import Transcriber, Transcription
from drumscribe.models.bundled import bundled_path
from drumscribe.models.load import load_model
from drumscribe.timing import samples_to_seconds

_LENGTH_S = 240
_QUICK_LENGTH_S = 25


def lines(*, quick: bool) -> list[str]:
    """The benchmark as rows of a Markdown table."""
    length_s = _QUICK_LENGTH_S if quick else _LENGTH_S
    with temporary_folder() as folder:
        audio = folder / "groove.ogg"
        write_repeated(audio, length_s)
        seconds = _stages(audio, folder / "groove.mid")
    rows = [
        f"Processor time of {length_s} s of audio; other stages together take less.",
        "",
        "| stage | processor time | x real time |",
        "| --- | --- | --- |",
    ]
    seconds["all"] = sum(seconds.values())
    return rows + [
        f"| {name} | {cpu_s:.2f} s | {length_s / cpu_s:.0f} |" for name, cpu_s in seconds.items()
    ]


def _stages(audio: Path, target: Path) -> dict[str, float]:
    """Processor time of each stage in seconds."""
    transcriber = Transcriber(load_model(bundled_path()), InferenceConfig())
    features = transcriber.model.header.features
    samples = np.concatenate(list(levelled_blocks(audio)))
    frames = log_mel(samples, features)
    activations = transcriber.activations([frames])
    events = transcriber.events(activations)
    duration_s = samples_to_seconds(len(samples))
    tempo = find_tempo(events, transcriber.kit, activations.beat, duration_s=duration_s)
    heard = Transcription(events, transcriber.kit, duration_s, tempo)
    return best_cpu_seconds(
        {
            "decoding and resampling, twice": lambda: list(levelled_blocks(audio)),
            "log-mel": lambda: log_mel(samples, features),
            "network": lambda: transcriber.activations([frames]),
            "hits": lambda: transcriber.events(activations),
            "beats and tempo": lambda: find_tempo(
                events, transcriber.kit, activations.beat, duration_s=duration_s
            ),
            "MIDI file": lambda: write_format(heard, "mid", target, None),
        },
        n_rounds=3,
    )
