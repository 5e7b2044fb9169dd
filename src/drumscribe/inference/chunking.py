"""Cutting log-mel into chunks with context, and joining what a model says about them.

The only code that cuts time. A chunk is ``chunk_frames`` of the recording with ``border_frames``
of context on both sides, silence beyond its ends; only the middle of what comes back is kept, so
memory is bounded by the chunk, whatever the length of a recording. Chunk k keeps the frames from
``k * chunk_frames`` on: together they keep each frame once, in order. T frames, F mel bands.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from drumscribe.utils.arrays import FloatArray


@dataclass(frozen=True)
class Chunk:
    """A piece of a recording.

    Attributes:
        log_mel: shape (border + chunk + border, F).
        n_frames: how many frames from the border on belong to the recording.
    """

    log_mel: FloatArray
    n_frames: int


def split(
    blocks: Iterable[FloatArray], *, chunk_frames: int, border_frames: int
) -> Iterator[Chunk]:
    """Chunks of equal shape from log-mel that comes in blocks.

    Args:
        blocks: log-mel of shape (t, F), t of any size.
        chunk_frames: frames of the recording in each chunk.
        border_frames: frames of context on each side.
    """
    length = chunk_frames + 2 * border_frames
    buffer: FloatArray | None = None
    n_left = 0  # frames of the recording that no chunk has kept yet
    for block in blocks:
        if buffer is None:
            buffer = np.zeros((border_frames, block.shape[1]), np.float32)
        buffer = np.concatenate([buffer, block])
        n_left += len(block)
        while len(buffer) >= length:
            yield Chunk(buffer[:length], chunk_frames)
            buffer = buffer[chunk_frames:]
            n_left -= chunk_frames
    while buffer is not None and n_left > 0:
        padded = np.zeros((length, buffer.shape[1]), np.float32)
        padded[: len(buffer)] = buffer[:length]
        yield Chunk(padded, min(n_left, chunk_frames))
        buffer = buffer[chunk_frames:]
        n_left -= chunk_frames


def keep_middle(output: FloatArray, chunk: Chunk, *, border_frames: int) -> FloatArray:
    """The part of a chunk's output that belongs to the recording: without borders and padding.

    Args:
        output: shape (border + chunk + border, ...), one row per frame of the chunk.
        chunk: what it is the output of.
        border_frames: as given to ``split``.
    """
    return output[border_frames : border_frames + chunk.n_frames]
