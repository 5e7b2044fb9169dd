"""What tests share: noise, drum hits and clicks at known times, files, and where data lies."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, settings

from drumscribe.timing import SAMPLE_RATE

# One thread for each process, set before torch is imported: where other processes keep the cores
# busy, threads that wait for one another make it many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What is imported and collected stays to the end: looking through it for garbage as often as Python
# does by itself (at every 700 new objects) takes a twentieth of all the time.
gc.set_threshold(20_000)


def pytest_collection_finish() -> None:
    gc.freeze()


# Where nothing compiled is kept, every worker and each of the hundreds of processes that tests
# start would compile this package and all that it imports anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would every process
# that they start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

Samples = npt.NDArray[np.float32]

# "--hypothesis-profile=explore" looks for new failures; the default repeats the same examples.
# A test that writes a file may write the same one again for every example.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "explore", settings.get_profile("repeatable"), derandomize=False, max_examples=1000
)
settings.register_profile("quick", settings.get_profile("repeatable"), max_examples=20)
settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    """Let the fast set try fewer examples; what ``--hypothesis-profile`` names comes after this."""
    if config.option.markexpr == "not slow":
        settings.load_profile("quick")


SHARED_DATA = Path(__file__).parents[1] / "../shared/data"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def clicks() -> Callable[..., Samples]:
    """Silence with single samples of full scale at the given times."""

    def make(times_s: Sequence[float], *, duration_s: float, rate: int = SAMPLE_RATE) -> Samples:
        samples = np.zeros(round(duration_s * rate), np.float32)
        samples[[round(time_s * rate) for time_s in times_s]] = 1
        return samples

    return make


@pytest.fixture
def drum_hits() -> Callable[..., Samples]:
    """Decaying bursts of noise over a tone that start exactly at the given times, in a quiet room.

    Hits before the start of the recording are heard from where it starts.
    """

    def make(
        times_s: Sequence[float],
        *,
        duration_s: float,
        levels: Sequence[float] | None = None,
        seed: int = 0,
    ) -> Samples:
        rng = np.random.default_rng(seed)
        n_samples = round(duration_s * SAMPLE_RATE)
        samples = 1e-4 * rng.standard_normal(n_samples)
        age_s = np.arange(round(0.25 * SAMPLE_RATE)) / SAMPLE_RATE
        for time_s, level in zip(times_s, levels or [0.5] * len(times_s), strict=True):
            tone = np.sin(2 * np.pi * rng.uniform(80, 400) * age_s) * np.exp(-age_s / 0.06)
            noise = rng.standard_normal(len(age_s)) * np.exp(-age_s / 0.02)
            hit = level * (0.6 * tone + 0.4 * noise)
            first = round(time_s * SAMPLE_RATE)
            start, stop = max(0, first), min(n_samples, first + len(hit))
            if stop > start:
                samples[start:stop] += hit[start - first : stop - first]
        return np.clip(samples, -1, 1).astype(np.float32)

    return make


@pytest.fixture
def write_wav(tmp_path: Path) -> Callable[..., Path]:
    """Write samples (mono, or one column a channel) as an audio file; the suffix names a format."""
    import soundfile

    def write(samples: npt.ArrayLike, rate: int, name: str = "audio.wav", **options: str) -> Path:
        path = tmp_path / name
        soundfile.write(path, samples, rate, **options)
        return path

    return write


@pytest.fixture
def shared_data() -> Path:
    """Real data beside the checkout; tests that need it are skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder shared/data beside the checkout is absent")
    return SHARED_DATA
