"""Preprocessing of E-GMD-like recordings (44.1 kHz wav), decoding included."""

import time
from pathlib import Path

import librosa
import pretty_midi

from benchmarks.log_mel import librosa_log_mel
from benchmarks.machine import temporary_folder
from benchmarks.material import write_recordings
from drumscribe.config import Config, load_config
from drumscribe.data.egmd_csv import read_rows
from drumscribe.data.preprocess import preprocess
from drumscribe.timing import SAMPLE_RATE

_N_RECORDINGS = 160
_N_BY_LIBROSA = 20


def lines(*, quick: bool) -> list[str]:
    """The benchmark as rows of a Markdown table."""
    n_recordings = 6 if quick else _N_RECORDINGS
    rows = [
        "librosa and pretty_midi load, resample, make log-mel and parse; ours also aligns labels, "
        "writes shards and, for two workers, starts its processes.",
        "",
        "| what | files | wall time | files a second | x real time | x librosa |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    with temporary_folder() as folder:
        configs = {n_workers: _config(folder, n_workers) for n_workers in (1, 2)}
        dataset = configs[1].data.dataset_path
        duration_s = write_recordings(dataset, n_recordings, length_s=35.0)
        theirs = read_rows(dataset)[: min(n_recordings, _N_BY_LIBROSA)]
        wall_s = _seconds_by_librosa(dataset, theirs, configs[1])
        their_duration_s = sum(float(row["duration"]) for row in theirs)
        their_rate = their_duration_s / wall_s
        rows.append(_row("librosa and pretty_midi", len(theirs), wall_s, their_rate, their_rate))
        for n_workers, config in configs.items():
            started = time.perf_counter()
            preprocess(config)
            wall_s = time.perf_counter() - started
            what = f"ours, workers: {n_workers}"
            rows.append(_row(what, n_recordings, wall_s, duration_s / wall_s, their_rate))
    return rows


def _row(what: str, n_files: int, wall_s: float, rate: float, their_rate: float) -> str:
    """A row of the table; rates are in seconds of audio a second."""
    return (
        f"| {what} | {n_files} | {wall_s:.1f} s | {n_files / wall_s:.0f} | {rate:.0f} "
        f"| {rate / their_rate:.1f} |"
    )


def _config(folder: Path, n_workers: int) -> Config:
    settings = [
        f"data.root={folder}",
        f"data.processed_dir=processed{n_workers}",
        "preprocessing.shard_hours=0.1",
        f"preprocessing.n_workers={n_workers}",
    ]
    return load_config(None, settings)


def _seconds_by_librosa(dataset: Path, rows: list[dict[str, str]], config: Config) -> float:
    """Wall time of the same recordings the usual way, one after another; imports do not count."""
    librosa_log_mel(librosa.tone(440.0, sr=SAMPLE_RATE, duration=1.0), config.features)
    started = time.perf_counter()
    for row in rows:
        samples, _ = librosa.load(dataset / row["audio_filename"], sr=SAMPLE_RATE)
        librosa_log_mel(samples, config.features)
        pretty_midi.PrettyMIDI(str(dataset / row["midi_filename"]))
    return time.perf_counter() - started
