"""Tiny datasets in E-GMD's layout and what a feature store made from them holds."""

import csv
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import soundfile

from drumscribe.config import Config, DataConfig, FeatureConfig, PreprocessingConfig
from drumscribe.data.egmd_csv import COLUMNS, CSV_NAME
from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.midi_writing import write_midi
from drumscribe.data.shard_format import StoredRecording, StoreHeader
from drumscribe.data.shard_writer import writing_shard
from drumscribe.data.targets import BEAT_DTYPE, EVENT_DTYPE
from drumscribe.drums import LANES8
from drumscribe.timing import FRAME_RATE, SAMPLE_RATE

EGMD_SPLIT = {"train": "train", "val": "validation", "test": "test"}


@dataclass(frozen=True)
class Take:
    """One recording: noise bursts ``offset_s`` after its MIDI notes."""

    number: int
    split: str = "train"
    kit_name: str = "Acoustic Kit"
    kit_number: int = 1
    notes: tuple[MidiNote, ...] = ()
    offset_s: float = 0.0
    duration_s: float = 3.0
    rate: int = SAMPLE_RATE

    @property
    def stem(self) -> str:
        return f"drummer1/session1/{self.number}_rock_120_beat_4-4_{self.kit_number}"

    @property
    def audio_filename(self) -> str:
        return self.stem + ".wav"

    @property
    def midi_filename(self) -> str:
        return self.stem + ".midi"

    @property
    def row(self) -> dict[str, str]:
        values = {
            "drummer": "drummer1",
            "session": "drummer1/session1",
            "id": f"drummer1/session1/{self.number}",
            "style": "rock",
            "bpm": "120",
            "beat_type": "beat",
            "time_signature": "4-4",
            "duration": str(self.duration_s),
            "split": EGMD_SPLIT[self.split],
            "midi_filename": self.midi_filename,
            "audio_filename": self.audio_filename,
            "kit_name": self.kit_name,
        }
        assert tuple(values) == COLUMNS
        return values


def random_notes(seed: int, duration_s: float = 3.0) -> tuple[MidiNote, ...]:
    """Hits of all eight lanes at irregular distances, so that only one offset fits them."""
    rng = np.random.default_rng(seed)
    pitches = [36, 38, 42, 48, 45, 43, 49, 51]
    onsets = 0.2 + np.cumsum(rng.uniform(0.13, 0.31, size=int(duration_s / 0.13)))
    return tuple(
        # Times on MIDI ticks (480 a beat at 120 bpm), so that the file holds them exactly.
        MidiNote(round(t * 960) / 960, int(rng.choice(pitches)), int(rng.integers(20, 128)))
        for t in onsets[onsets < duration_s - 0.2]
    )


def takes_of(n: int, **changes: object) -> list[Take]:
    """``n`` takes of different notes and offsets, half of them for training."""
    splits = ("train", "val", "train", "test")
    offsets_s = (0.0, 0.031, -0.045, 0.012, -0.07, 0.055)
    takes = [
        Take(i, splits[i % 4], notes=random_notes(i), offset_s=offsets_s[i % 6]) for i in range(n)
    ]
    return [dataclasses.replace(take, **changes) for take in takes]


def burst_audio(take: Take) -> np.ndarray:
    """Decaying noise at the take's hits in faint room noise, shape (n_samples,)."""
    rng = np.random.default_rng(take.number)
    n_samples = round(take.duration_s * take.rate)
    n_burst = round(0.1 * take.rate)
    burst = rng.normal(size=n_burst) * np.exp(-np.linspace(0, 10, n_burst))
    audio = np.zeros(n_samples + 2 * len(burst))
    for note in take.notes:
        start = round((note.onset_s + take.offset_s) * take.rate)
        if 0 <= start < n_samples:
            audio[start : start + len(burst)] += 0.2 * note.velocity / 127 * burst
    audio[:n_samples] += rng.normal(scale=1e-4, size=n_samples)
    return audio[:n_samples].astype(np.float32)


def write_take(folder: Path, take: Take) -> None:
    """Write a take's audio and MIDI."""
    audio_path = folder / take.audio_filename
    audio_path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(audio_path, burst_audio(take), take.rate, subtype="PCM_16")
    write_midi(folder / take.midi_filename, take.notes, duration_s=take.duration_s)


def write_csv(folder: Path, rows: list[dict[str, str]]) -> None:
    """Write the dataset's csv."""
    with (folder / CSV_NAME).open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def write_dataset(folder: Path, takes: list[Take]) -> None:
    """Write takes and the csv that lists them."""
    for take in takes:
        write_take(folder, take)
    write_csv(folder, [take.row for take in takes])


def store_config(root: Path, **preprocessing: object) -> Config:
    """A configuration with the dataset in ``root/egmd`` and the store in ``root/store``."""
    settings = {"n_workers": 1, "shard_hours": 0.002, **preprocessing}
    return Config(
        data=DataConfig(root=str(root), dataset_dir="egmd", processed_dir="store"),
        preprocessing=PreprocessingConfig(**settings),
    )


def shard_content(path: Path) -> dict[str, object]:
    """Everything in a shard, to be compared."""
    with h5py.File(path) as file:
        return {
            "attributes": dict(file.attrs),
            "log_mel": file["log_mel"][()].tobytes(),
            "events": file["events"][()].tobytes(),
            "beats": file["beats"][()].tobytes(),
            "index": json.loads(file["index"].asstr()[()]),
        }


def store_content(folder: Path) -> dict[str, object]:
    """Every shard's content and every splits csv of a store, by its path in the store."""
    content: dict[str, object] = {
        str(path.relative_to(folder)): shard_content(path)
        for path in sorted(folder.glob("*/shard-*.h5"))
    }
    for path in sorted(folder.glob("splits/*.csv")):
        content[str(path.relative_to(folder))] = path.read_text()
    return content


STORE_HEADER = StoreHeader(LANES8, FeatureConfig(n_mels=8))


def stored_recording(start_frame: int, n_frames: int, name: str = "a.wav") -> StoredRecording:
    """A recording's entry in a shard."""
    return StoredRecording(
        audio_filename=name,
        midi_filename=name.replace("wav", "midi"),
        performance=name,
        kit_name="Acoustic Kit",
        start_frame=start_frame,
        n_frames=n_frames,
        duration_s=(n_frames - 1) / FRAME_RATE,
        offset_s=0.0,
        alignment_confidence=1.0,
        label_source="own",
        unknown_notes={},
    )


def random_events(rng: np.random.Generator, n: int, length_s: float) -> np.ndarray:
    """``n`` events in order of time."""
    events = np.zeros(n, EVENT_DTYPE)
    events["onset_s"] = np.sort(rng.uniform(0, length_s, n))
    events["drum"] = rng.integers(8, size=n)
    events["velocity"] = rng.integers(1, 128, size=n)
    return events


def write_random_shard(
    path: Path, lengths_frames: list[int], *, seed: int, header: StoreHeader = STORE_HEADER
) -> list[tuple[np.ndarray, np.ndarray]]:
    """A shard of recordings of the given lengths; returns their log-mel and events."""
    rng = np.random.default_rng(seed)
    written = []
    with writing_shard(path, header, fingerprint=f"seed {seed}") as writer:
        for index, n_frames in enumerate(lengths_frames):
            shape = (n_frames, header.features.n_mels)
            log_mel = rng.uniform(0.1, 1, shape).astype(np.float16).astype(np.float32)
            length_s = (n_frames - 1) / FRAME_RATE
            events = random_events(rng, 1 + n_frames // 20, length_s)
            beats = np.array([(t, 1 + i % 4) for i, t in enumerate(np.arange(0, length_s, 0.5))])
            beats = np.array([tuple(row) for row in beats], BEAT_DTYPE)
            recording = stored_recording(writer.n_frames, n_frames, f"{path.stem}-{index}.wav")
            writer.add(recording, log_mel, events, beats)
            written.append((log_mel, events))
    return written
