"""Training runs of seconds, and what happens in them."""

import re

import pytest

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


@pytest.fixture(scope="session")
def tiny_root(tmp_path_factory):
    """A data root with a store; every test names a run of its own."""
    root = tmp_path_factory.mktemp("data")
    config = load_config(None, [*TINY, f"data.root={root}"])
    write_dataset(config.data.dataset_path, SynthConfig(n_recordings=6, n_kits=2, duration_s=8.0))
    preprocess(config)
    return root


@pytest.fixture
def tiny_config(tiny_root, request):
    """The settings of a run named after the test."""
    name = "training.run_name=" + re.sub(r"[^\w.]", "-", request.node.name)
    return lambda *settings: load_config(None, [*TINY, f"data.root={tiny_root}", name, *settings])


@pytest.fixture
def fit():
    """Imported late: Lightning takes seconds."""
    from drumscribe.training.fit import fit

    return fit


@pytest.fixture
def steps(monkeypatch):
    """The network's weights and statistics after each step, copied while training."""
    from drumscribe.training.lit_module import DrumLitModule

    seen = []

    def note(self, *arguments):
        seen.append({name: value.clone() for name, value in self.state_dict().items()})

    monkeypatch.setattr(DrumLitModule, "on_train_batch_end", note)
    return seen
