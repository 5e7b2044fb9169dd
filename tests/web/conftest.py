"""Studios that really listen, and what is uploaded to them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi")

from studio_server import RunningStudio, audio_bytes, kick_and_snare, running_studio

from drumscribe.timing import SAMPLE_RATE


@pytest.fixture
def studio_at(tmp_path: Path) -> Callable[..., Any]:
    """Starts a studio with changed settings: ``with studio_at(max_upload_mb=1) as studio``."""

    def start(**changes: Any) -> Any:
        return running_studio(tmp_path / "studio", **changes)

    return start


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """One studio for the tests of a module."""
    with running_studio(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture
def song() -> bytes:
    """Two seconds with three hits, as wav."""
    return kick_and_snare([0.3, 0.8, 1.5], duration_s=2.0)


@pytest.fixture(scope="session")
def long_song() -> bytes:
    """Ten minutes of faint noise, the same every second, which take seconds to transcribe."""
    noise = 0.01 * np.random.default_rng(1).standard_normal(SAMPLE_RATE)
    return audio_bytes(np.tile(noise.astype(np.float32), 600))
