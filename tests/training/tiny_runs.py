"""Training runs of seconds: their settings, their store, and those in processes of their own."""

import os
import subprocess
import sys

from drumscribe.config import load_config
from drumscribe.data.preprocess import preprocess
from drumscribe.data.synth.dataset import SynthConfig, write_dataset

TINY = [
    "data.processed_dir=processed",
    "preprocessing.shard_hours=0.005",
    "preprocessing.n_workers=1",
    "model.conv_channels=[4]",
    "model.frequency_pools=[32]",
    "model.gru_units=4",
    "model.gru_layers=1",
    "training.epochs=2",
    "training.batch_size=2",
    "training.window_s=1.0",
    "training.n_workers=0",
    "training.accelerator=cpu",
]


def tiny_config(root, *settings):
    return load_config(None, [*TINY, f"data.root={root}", *settings])


def write_store(root, n_recordings):
    """A dataset of short recordings, and its features."""
    config = tiny_config(root)
    synth = SynthConfig(n_recordings=n_recordings, n_kits=2, duration_s=8.0)
    write_dataset(config.data.dataset_path, synth)
    preprocess(config)


def start_training(
    root,
    run_name,
    *settings,
    program=("-m", "drumscribe"),
    flags=(),
    stderr=subprocess.STDOUT,
):
    """``drumscribe train`` in a group of its own, so that none of its processes is left behind."""
    named = [*TINY, f"data.root={root}", f"training.run_name={run_name}", *settings]
    pairs = [part for setting in named for part in ("--set", setting)]
    return subprocess.Popen(
        [sys.executable, *program, "train", *pairs, *flags],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )
