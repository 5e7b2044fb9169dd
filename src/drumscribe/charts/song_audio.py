"""The song as a game plays it: Opus or Vorbis, in stereo where it was, after some silence."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soxr

from drumscribe.data.audio_processing import checked, open_channels, soundfile_name
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import atomic_path

AudioFormat = Literal["opus", "ogg"]

_OPUS_RATE = 48_000
_VORBIS_RATES = (8_000, 48_000)
_BLOCK_FRAMES = 16_384  # libsndfile's Vorbis encoder does not bear much longer ones
_COMPRESSION = {"opus": 0.6, "ogg": 0.3}  # about 130 and 190 kbit/s in stereo
_SUBTYPES = {"opus": "OPUS", "ogg": "VORBIS"}


def write_song_audio(
    source: Path, target: Path, *, audio_format: AudioFormat, lead_in_s: float
) -> None:
    """Write a recording again with silence before it.

    Args:
        source: any file that can be transcribed.
        target: the file to write.
        audio_format: how to encode it.
        lead_in_s: seconds of silence, kept to the sample.

    Raises:
        DrumscribeError: when ``source`` cannot be decoded or ``target`` not written, or both are
            one file.
    """
    import soundfile

    require_another_file(source, target)
    recording = open_channels(source, is_stereo=True)
    rate, n_channels = recording.rate, recording.n_channels
    is_kept = audio_format == "ogg" and _VORBIS_RATES[0] <= rate <= _VORBIS_RATES[1]
    target_rate = rate if is_kept else _OPUS_RATE
    silence = np.zeros((round(lead_in_s * target_rate), n_channels), np.float32)
    with (
        atomic_path(target) as temporary,
        soundfile.SoundFile(
            soundfile_name(temporary),
            "w",
            target_rate,
            n_channels,
            _SUBTYPES[audio_format],
            format="OGG",
            compression_level=_COMPRESSION[audio_format],
        ) as file,
    ):
        _write(file, silence)
        blocks = checked(source, recording.blocks, rate)
        for block in _resampled(blocks, rate, target_rate, n_channels):
            _write(file, block)


def require_another_file(source: Path, target: Path) -> None:
    """Refuse to write over a recording or MIDI file that a song is made of.

    Raises:
        DrumscribeError: when both are one file.
    """
    if target.exists() and target.samefile(source):
        raise DrumscribeError(f"{target}: is what the song is made of; name another folder")


def _write(file: Any, samples: FloatArray) -> None:
    """Write samples of shape (n, channels), limited to full scale."""
    for start in range(0, len(samples), _BLOCK_FRAMES):
        file.write(np.clip(samples[start : start + _BLOCK_FRAMES], -1, 1))


def _resampled(
    blocks: Iterator[FloatArray], rate: int, target_rate: int, n_channels: int
) -> Iterator[FloatArray]:
    """Blocks of shape (n, channels) at another rate."""
    if rate == target_rate:
        yield from blocks
        return
    stream = soxr.ResampleStream(rate, target_rate, n_channels, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(block).reshape(-1, n_channels)
    tail = stream.resample_chunk(np.zeros((0, n_channels), np.float32), last=True)
    yield tail.reshape(-1, n_channels)
