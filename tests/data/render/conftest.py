"""A tiny folder of kits and a tiny Groove MIDI Dataset, made here."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.midi_writing import write_midi
from drumscribe.data.render.sources import RenderSources, open_sources

RATE = 44_100

# Recorded note: decay in seconds, share of noise, frequency in Hz.
_SOUNDS = {
    36: (0.2, 0.1, 60),
    37: (0.03, 0.5, 900),
    38: (0.12, 0.7, 190),
    41: (0.3, 0.1, 90),
    42: (0.03, 1.0, 6000),
    44: (0.02, 1.0, 5000),
    45: (0.25, 0.1, 130),
    46: (0.5, 1.0, 6000),
    49: (1.0, 1.0, 4000),
    50: (0.2, 0.1, 180),
    51: (0.8, 0.5, 3500),
    53: (0.8, 0.2, 2800),
}


def drum_sound(note: int, level: float, seed: int = 0) -> np.ndarray:
    """A one-shot at ``RATE`` that starts abruptly at sample 22."""
    decay_s, noise, frequency_hz = _SOUNDS[note]
    times_s = np.arange(round(5 * decay_s * RATE)) / RATE
    rng = np.random.default_rng([note, seed])
    tone = np.cos(2 * np.pi * frequency_hz * times_s)
    hiss = np.diff(rng.standard_normal(len(times_s) + 1)) / 2
    sound = ((1 - noise) * tone + noise * hiss) * np.exp(-times_s / decay_s)
    sound[0] = max(0.5, abs(sound[0]))
    return np.concatenate([np.zeros(22), level * sound / np.abs(sound).max()])


def write_kit(folder: Path, kit_id: str, kind: str, notes: tuple[int, ...], n_layers: int) -> dict:
    layers_of = {}
    (folder / kit_id).mkdir(parents=True)
    for note in notes:
        layers = []
        for index in range(n_layers):
            high = 127 * (index + 1) // n_layers
            low = 0 if index == 0 else 127 * index // n_layers + 1
            name = f"{note}_{high}.wav"
            sound = drum_sound(note, 0.8 * high / 127, seed=index)
            soundfile.write(folder / kit_id / name, sound, RATE, subtype="FLOAT")
            layers.append({"velocity": [low, high], "files": [name]})
        layers_of[str(note)] = layers
    return {"id": kit_id, "kind": kind, "licence": "CC0", "source": "test", "notes": layers_of}


@pytest.fixture(scope="session")
def kits_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two kits: an acoustic one that has everything, an electronic one without cymbals."""
    folder = tmp_path_factory.mktemp("kits")
    whole = write_kit(folder, "whole", "acoustic", tuple(_SOUNDS), 3)
    part = write_kit(folder, "part", "electronic", (36, 38, 41, 42, 46, 50), 1)
    (folder / "kits.json").write_text(json.dumps([whole, part]))
    return folder


@pytest.fixture(scope="session")
def midi_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four bars of everything and a fill, in every split."""
    folder = tmp_path_factory.mktemp("gmd")
    cymbals = (42, 51, 46, 49, 22, 53, 44, 57)
    drums = (36, 38, 48, 36, 45, 40, 43, 37)
    rows = []
    for number, split in enumerate(("train", "validation", "test")):
        for kind in ("beat", "fill"):
            n_steps = 32 if kind == "beat" else 8
            notes = [MidiNote(i * 0.25, cymbals[i % 8], 70 + i % 40) for i in range(n_steps)]
            notes += [MidiNote(i * 0.25, drums[i % 8], 60 + i % 50) for i in range(n_steps)]
            name = f"drummer1/session1/{number}_rock_120_{kind}_4-4.mid"
            write_midi(folder / name, notes, duration_s=n_steps * 0.25, bpm=120)
            rows.append(
                {
                    "drummer": "drummer1",
                    "session": "drummer1/session1",
                    "id": f"drummer1/session1/{number}{kind}",
                    "style": "rock",
                    "bpm": "120",
                    "beat_type": kind,
                    "time_signature": "4-4",
                    "midi_filename": name,
                    "audio_filename": "",
                    "duration": str(n_steps * 0.25),
                    "split": split,
                }
            )
    with (folder / "info.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="session")
def sources(midi_dir: Path, kits_dir: Path) -> RenderSources:
    return open_sources(midi_dir, kits_dir, "train")
