"""Training runs of seconds, and what happens in them."""

import re

import pytest
import tiny_runs


@pytest.fixture(scope="session")
def tiny_root(tmp_path_factory):
    """A data root with a store of six recordings; every test names a run of its own."""
    root = tmp_path_factory.mktemp("data")
    tiny_runs.write_store(root, 6)
    return root


@pytest.fixture(scope="session")
def larger_root(tmp_path_factory):
    """The same with eight, for processes that share an epoch."""
    root = tmp_path_factory.mktemp("data")
    tiny_runs.write_store(root, 8)
    return root


@pytest.fixture
def tiny_config(tiny_root, request):
    """The settings of a run named after the test."""
    name = "training.run_name=" + re.sub(r"[^\w.]", "-", request.node.name)
    return lambda *settings: tiny_runs.tiny_config(tiny_root, name, *settings)


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
