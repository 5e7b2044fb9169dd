"""Cutting log-mel into chunks with context, and joining what a model says about them.

The only code that cuts time. A chunk is ``chunk_frames`` of the recording with ``border_frames``
of context on both sides, silence beyond its ends; only the middle of what comes back is kept, so
memory is bounded by the chunk, whatever the length of a recording. Chunk k keeps the frames from
``k * chunk_frames`` on: together they keep each frame once, in order. The last one is no longer
than it has to be. T frames, F mel bands.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from drumscribe.utils.arrays import FloatArray


@dataclass(frozen=True)
class Chunk:
    """A piece of a recording.

    Attributes:
        log_mel: shape (border + chunk + border, F), where the last chunk may be shorter.
        n_frames: how many frames from the border on belong to the recording.
    """

    log_mel: FloatArray
    n_frames: int


def split(
    blocks: Iterable[FloatArray], *, chunk_frames: int, border_frames: int, step_frames: int = 1
) -> Iterator[Chunk]:
    """Chunks from log-mel that comes in blocks, all but the last of equal shape.

    Args:
        blocks: log-mel of shape (t, F), t of any size.
        chunk_frames: frames of the recording in each chunk.
        border_frames: frames of context on each side.
        step_frames: the last chunk is a multiple of this long, or as long as the others.
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
        n_needed = n_left + 2 * border_frames
        n_padded = min(length, -(-n_needed // step_frames) * step_frames)
        padded = np.zeros((n_padded, buffer.shape[1]), np.float32)
        padded[: len(buffer)] = buffer[:n_padded]
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
