"""The clock: the one place that relates samples, frames and seconds.

Conventions: audio is at ``SAMPLE_RATE``; frame ``k`` is centred on sample ``k * HOP_LENGTH``, so
it is about time ``k / FRAME_RATE`` seconds. The hop divides the sample rate, so there is a whole
number of frames in a second and no rounding creeps in over a long recording. The clock is saved in
every feature store and checkpoint and compared on load.
"""

import math
from typing import TYPE_CHECKING

from drumscribe.utils.errors import DrumscribeError

if TYPE_CHECKING:
    from drumscribe.utils.arrays import Float64Array, IntArray

SAMPLE_RATE = 22_050
"""Samples per second of all audio inside drumscribe."""

HOP_LENGTH = 225
"""Samples from one frame to the next."""

WINDOW_LENGTH = 1024
"""Samples under the analysis window of one frame (46 ms)."""

assert SAMPLE_RATE % HOP_LENGTH == 0, "the hop must divide the sample rate"

FRAME_RATE = SAMPLE_RATE // HOP_LENGTH
"""Frames per second, exactly."""

CLOCK: dict[str, int] = {
    "sample_rate": SAMPLE_RATE,
    "hop_length": HOP_LENGTH,
    "window_length": WINDOW_LENGTH,
}
"""The clock as it is written into headers."""


def frame_to_seconds(frame: float) -> float:
    """Time in seconds of the centre of ``frame`` (fractional frames allowed)."""
    return frame / FRAME_RATE


def seconds_to_frame(time_s: float) -> int:
    """Index of the frame nearest to ``time_s`` seconds; halves round up."""
    return math.floor(time_s * FRAME_RATE + 0.5)


def seconds_to_frames(times_s: "Float64Array") -> "IntArray":
    """``seconds_to_frame`` of an array, of the same shape."""
    import numpy as np  # here, as the command line's help must not wait for it

    return np.floor(times_s * FRAME_RATE + 0.5).astype(np.int64)


def seconds_to_samples(time_s: float) -> int:
    """Number of samples in ``time_s`` seconds, to the nearest sample; halves round up."""
    return math.floor(time_s * SAMPLE_RATE + 0.5)


def samples_to_seconds(n_samples: int) -> float:
    """Duration in seconds of ``n_samples`` samples."""
    return n_samples / SAMPLE_RATE


def frame_count(n_samples: int) -> int:
    """Number of frames of a recording of ``n_samples`` samples: one centred on each whole hop."""
    return 1 + n_samples // HOP_LENGTH


def require_same_clock(found: object, *, source: str) -> None:
    """Refuse a store or a model whose frames mean other times than ours.

    Args:
        found: the clock read from a header, as ``CLOCK`` writes it.
        source: what the header belongs to, for the message.

    Raises:
        DrumscribeError: when ``found`` is not this clock.
    """
    if found != CLOCK:
        raise DrumscribeError(
            f"{source}: made with another clock ({found}), but this version uses {CLOCK}; "
            "make it again with this version"
        )
