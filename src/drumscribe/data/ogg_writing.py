"""Ogg files of blocks of samples, whole or not at all."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np

from drumscribe.data.audio_processing import soundfile_name
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.files import atomic_path

OggCodec = Literal["OPUS", "VORBIS"]

_BLOCK_SAMPLES = 16_384  # libsndfile's Vorbis encoder, on its stack, does not bear much longer ones


def write_ogg(
    target: Path,
    blocks: Iterable[FloatArray],
    *,
    rate: int,
    n_channels: int,
    codec: OggCodec = "VORBIS",
    compression: float | None = None,
) -> None:
    """Encode blocks one after another, limited to full scale.

    Args:
        target: the file to write.
        blocks: shape (n, n_channels), or (n,) of one channel, of any length.
        rate: samples a second.
        n_channels: how many channels.
        codec: how to encode them.
        compression: 0..1, from the best quality to the smallest file; ``None`` is the codec's own.

    Raises:
        DrumscribeError: when ``target`` cannot be written.
    """
    import soundfile

    with (
        atomic_path(target) as temporary,
        soundfile.SoundFile(
            soundfile_name(temporary),
            "w",
            rate,
            n_channels,
            codec,
            format="OGG",
            compression_level=compression,
        ) as file,
    ):
        for block in blocks:
            for start in range(0, len(block), _BLOCK_SAMPLES):
                file.write(np.clip(block[start : start + _BLOCK_SAMPLES], -1, 1))
