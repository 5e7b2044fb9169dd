"""Every command that writes, and what all of them read."""

import csv
import json
from pathlib import Path

import numpy as np
import soundfile
from bad_models import good_checkpoint, graph_model

from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.midi_writing import write_midi
from drumscribe.data.synth.dataset import SynthConfig, write_dataset
from drumscribe.timing import SAMPLE_RATE
from store_fixtures import STORE_HEADER, write_random_shard

TRAIN = (
    "train --set data.processed_dir=store --set training.n_workers=0 --set features.n_mels=8 "
    "--set training.epochs=1 --set model.gru_units=2 --set model.gru_layers=1 "
    "--set model.conv_channels=[2] --set model.frequency_pools=[2] --set training.window_s=1 "
    "--set training.accelerator=cpu"
)
# Recordings of seconds; a model hears a whole chunk, whatever is in it.
SHORT_CHUNKS = "--set inference.chunk_s=3"
RENDER = "render --midi gmd --kits kits --set preprocessing.n_workers=1"
WRITERS = {
    "transcribe": f"transcribe a.wav -o TARGET/a.mid {SHORT_CHUNKS}",
    "transcribe csv": "transcribe a.wav --format csv,json,jams,lanes,musicxml,tab -o TARGET "
    f"{SHORT_CHUNKS}",
    "chart": f"chart a.wav -o TARGET/song {SHORT_CHUNKS}",
    "chart dtx": f"chart a.wav --game dtxmania -o TARGET/song {SHORT_CHUNKS}",
    "preprocess": "preprocess --set data.dataset_dir=practice "
    "--set data.processed_dir=../TARGET/store --set preprocessing.n_workers=1",
    "train": TRAIN.replace("data.processed_dir=store", "data.root=TARGET")
    + " --set data.processed_dir=../data/store",
    "evaluate": "evaluate --egmd data/practice -c model.onnx --json TARGET/a.json",
    "evaluate page": "evaluate --egmd data/practice -c model.onnx --report TARGET/page",
    "tune": "tune --egmd data/practice -c model.onnx -o TARGET/a.onnx",
    "tune ckpt": "tune --egmd data/practice -c model.ckpt -o TARGET/a.ckpt",
    "export": "export model.ckpt TARGET/a.onnx",
    "synth": "synth TARGET/set --recordings 3 --kits 1 --seconds 1",
    "render": f"{RENDER} --hours 0.001 --val-hours 0 --set data.processed_dir=../TARGET/store",
    "render layout": f"{RENDER} --layout TARGET/set",
    "studio": "studio --no-browser --port 0 --data TARGET/studio",
}
"""Commands by name; what they write goes below the folder TARGET."""


def write_material(folder: Path) -> None:
    """What the commands of ``WRITERS`` read, small."""
    noise = 0.1 * np.random.default_rng(1).standard_normal(3 * SAMPLE_RATE)
    soundfile.write(folder / "a.wav", noise, SAMPLE_RATE)
    write_dataset(folder / "data/practice", SynthConfig(n_recordings=3, n_kits=1, duration_s=2.0))
    graph_model(folder / "model.onnx")
    good_checkpoint(folder / "model.ckpt")
    for split in ("train", "val"):
        shard = folder / "data/store" / split / "shard-00000.h5"
        write_random_shard(shard, [400, 500], seed=1, header=STORE_HEADER)
    write_render_sources(folder)


def write_render_sources(folder: Path, *, n_performances: int = 1) -> None:
    """``kits`` with one kit whose drums all sound alike, and ``gmd``, two bars at a time.

    Args:
        folder: where to.
        n_performances: of every split.
    """
    notes = (36, 37, 38, 41, 42, 44, 45, 46, 49, 50, 51, 53)
    layers = [{"velocity": [0, 127], "files": ["hit.wav"]}]
    kit = {"id": "a", "kind": "acoustic", "notes": {str(note): layers for note in notes}}
    (folder / "kits/a").mkdir(parents=True)
    (folder / "kits/kits.json").write_text(json.dumps([kit]))
    decay = np.exp(-np.arange(SAMPLE_RATE // 4) / 2000)
    hit = decay * np.random.default_rng(1).standard_normal(len(decay))
    soundfile.write(folder / "kits/a/hit.wav", 0.1 * hit, SAMPLE_RATE)
    rows = []
    for index in range(3 * n_performances):
        split = ("train", "validation", "test")[index % 3]
        name = f"drummer1/{index}.mid"
        bar = [MidiNote(0.25 * step, notes[step % len(notes)], 100) for step in range(16)]
        write_midi(folder / "gmd" / name, bar, duration_s=4.0, bpm=120)
        about = {"drummer": "drummer1", "session": "drummer1", "style": "rock", "bpm": "120"}
        about |= {"beat_type": "beat", "time_signature": "4-4", "duration": "4", "split": split}
        rows.append(about | {"id": str(index), "midi_filename": name, "audio_filename": ""})
    with (folder / "gmd/info.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
