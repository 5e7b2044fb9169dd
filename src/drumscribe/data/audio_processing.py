"""Audio files of any format, rate and channel count as blocks of mono samples on our clock.

libsndfile decodes wav, flac, ogg and mp3; PyAV (extra ``media``) the rest. Decoding, mixing to mono
and resampling run block by block, so memory does not grow with the length of a recording.
"""

import itertools
import logging
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.extras import install_advice
from drumscribe.utils.files import require_file

logger = logging.getLogger(__name__)

_BLOCK_S = 10.0
_WHOLE_SHARE = 0.99
_MAX_CHANNELS = 64
_RATE_LIMITS = (1_000, 768_000)
_LIBSNDFILE_HEADS = (b"RIFF", b"fLaC", b"OggS")  # what it knows, and cannot decode, is damaged
_STREAMED_SIZE = 0x7FFF_0000  # programs that write to a pipe put such sizes in the header

_SUFFIXES = ".wav .flac .ogg .oga .opus .mp3 .aif .aiff .au .caf .w64 .m4a .aac .mp4 .webm .mka"
AUDIO_SUFFIXES = frozenset(_SUFFIXES.split())
"""What a folder is searched for; a file named by the user may have any suffix."""


@dataclass(frozen=True, slots=True)
class Channels:
    """The samples of a recording as its file has them.

    Attributes:
        rate: samples a second.
        n_channels: how many channels.
        duration_s: how long it is by its header, or ``None`` where only decoding can tell.
        blocks: float32 arrays of shape (n, n_channels) of varying length, read as they are asked
            for; ``checked`` refuses those that hold no numbers.
    """

    rate: int
    n_channels: int
    duration_s: float | None
    blocks: Iterator[FloatArray]


def audio_blocks(path: Path, gain: float = 1.0) -> Iterator[FloatArray]:
    """Decode a recording to mono at ``SAMPLE_RATE``, block by block.

    Channels are averaged. The blocks together hold ``round(n_samples * SAMPLE_RATE / rate)``
    samples. Integer formats are scaled to -1..1; floats pass as they are.

    Args:
        path: the recording.
        gain: a factor on all samples.

    Yields:
        One-dimensional float32 arrays of varying length, none empty.

    Raises:
        DrumscribeError: when the file is absent, empty, undecodable or holds NaN or infinity.
    """
    source = open_channels(path)
    mono = map(to_mono, source.blocks)
    resampled = resample_blocks(mono, source.rate)
    blocks = checked(path, resampled, SAMPLE_RATE, duration_s=source.duration_s)
    return (block * np.float32(gain) for block in blocks)


def open_channels(path: Path, *, is_stereo: bool = False) -> Channels:
    """Open a recording with the first decoder that knows the format.

    Args:
        path: the recording.
        is_stereo: make two channels of more than two. FFmpeg's decoders mix them by their places;
            of libsndfile's, whose places are not told, both are the average of all.

    Raises:
        DrumscribeError: when the file is absent, empty or undecodable; reading the blocks, too.
    """
    require_file(path, what="audio file")
    if path.stat().st_size == 0:
        raise DrumscribeError(f"{path}: is empty; give a recording")
    import soundfile

    try:
        file = soundfile.SoundFile(soundfile_name(path))
    except (soundfile.LibsndfileError, RuntimeError) as error:
        return _av_channels(path, reason=str(error), is_stereo=is_stereo)
    _require_sane(path, file.samplerate, file.channels)
    _require_whole(path, file)
    n_channels, blocks = file.channels, _soundfile_blocks(path, file)
    if is_stereo and n_channels > 2:
        n_channels, blocks = 2, map(_on_both_sides, blocks)
    return Channels(file.samplerate, n_channels, _told_duration_s(file), blocks)


def read_audio(path: Path) -> FloatArray:
    """A whole recording as mono samples at ``SAMPLE_RATE``, shape (n_samples,).

    Raises:
        DrumscribeError: as ``audio_blocks``.
    """
    return np.concatenate(list(audio_blocks(path)))


def audio_duration_s(path: Path) -> float | None:
    """Length in seconds by the file's header, or ``None`` where only decoding can tell."""
    import soundfile

    try:
        info = soundfile.info(soundfile_name(path))
    except (soundfile.LibsndfileError, RuntimeError):
        return None
    return _told_duration_s(info)


def soundfile_name(path: Path) -> str | bytes:
    """A path as soundfile takes it: names that are not UTF-8 as the bytes that they are."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return str(path)


def find_audio(folder: Path) -> list[Path]:
    """Audio files anywhere below ``folder`` by their suffix, sorted; hidden files are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in AUDIO_SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
    )


def resample_blocks(
    blocks: Iterable[FloatArray], rate: int, *, to_rate: int = SAMPLE_RATE, n_channels: int = 1
) -> Iterator[FloatArray]:
    """Blocks of samples at another rate.

    The filter's delay is compensated, and the output is cut or zero-padded to the rounded length,
    so times are kept whatever the rates.

    Args:
        blocks: float32, shape (n, n_channels), or (n,) of one channel, of any length.
        rate: samples a second that they have.
        to_rate: samples a second that they get.
        n_channels: how many channels.

    Yields:
        Shape (n,) of one channel, (n, n_channels) of more; together
        ``round(n_samples * to_rate / rate)`` samples of each channel.
    """
    shape = (-1,) if n_channels == 1 else (-1, n_channels)
    if rate == to_rate:
        yield from (block.reshape(shape) for block in blocks)
        return
    import soxr

    stream = soxr.ResampleStream(rate, to_rate, n_channels, dtype="float32", quality="HQ")
    n_in = n_out = 0
    for block in blocks:
        n_in += len(block)
        resampled = stream.resample_chunk(block.reshape(shape))
        n_out += len(resampled)
        yield resampled
    tail = stream.resample_chunk(np.zeros(0, np.float32).reshape(shape), last=True)
    n_missing = max(0, round(n_in * to_rate / rate) - n_out)
    yield tail[:n_missing]
    yield np.zeros((max(0, n_missing - len(tail)), *tail.shape[1:]), np.float32)


def checked(
    path: Path, blocks: Iterable[FloatArray], rate: int, *, duration_s: float | None = None
) -> Iterator[FloatArray]:
    """The blocks that are not empty, refusing samples that are not numbers and empty recordings.

    Args:
        path: the recording, for messages.
        blocks: its samples, shape (n,) or (n, n_channels), of any length.
        rate: how many of them make a second.
        duration_s: how long it should be; a warning tells of a good deal less.

    Raises:
        DrumscribeError: when there are none, or some are NaN or infinite.
    """
    n_samples = 0
    for block in blocks:
        if not np.isfinite(block).all():
            is_number = np.isfinite(block).reshape(len(block), -1).all(axis=1)
            at_s = (n_samples + int(np.argmin(is_number))) / rate
            raise DrumscribeError(
                f"{path}: holds NaN or infinite samples near {at_s:.1f} s; export it again"
            )
        n_samples += len(block)
        if len(block):
            yield block
    if n_samples == 0:
        raise DrumscribeError(f"{path}: holds no audio; give a recording")
    heard_s = n_samples / rate
    if duration_s is not None and heard_s < _WHOLE_SHARE * duration_s:  # a cut mp3 is one still
        logger.warning("%s: ends after %.1f of %.1f s; is it whole?", path, heard_s, duration_s)


def _soundfile_blocks(path: Path, file: Any) -> Iterator[FloatArray]:
    """Blocks of about ``_BLOCK_S`` seconds of all channels."""
    import soundfile

    rate = file.samplerate
    dtype = "int16" if file.subtype == "PCM_16" else "float32"
    with file:
        try:
            while len(block := file.read(int(_BLOCK_S * rate), dtype=dtype, always_2d=True)):
                yield _as_floats(block)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise _undecodable(path, str(error)) from error


def _av_channels(path: Path, *, reason: str, is_stereo: bool) -> Channels:
    """A recording by FFmpeg's decoders."""
    try:
        import av
    except ImportError:
        with path.open("rb") as file:
            if file.read(4) in _LIBSNDFILE_HEADS:
                raise _undecodable(path, reason) from None
        raise DrumscribeError(
            f"{path}: libsndfile cannot decode it ({reason}); if it is m4a, mp4 or webm, "
            f"install PyAV: {install_advice('media')}"
        ) from None
    try:
        # Without the prefix FFmpeg takes "Artist: title.m4a" for an address.
        container = av.open(f"file:{path}")
        if not container.streams.audio:
            raise DrumscribeError(f"{path}: has no audio track; give a recording")
        stream = container.streams.audio[0]
        if stream.codec_context is None:  # a damaged header may name a codec that is none
            raise _undecodable(path, "unknown codec")
        _require_sane(path, stream.rate, stream.channels)
        layout = "stereo" if is_stereo and stream.channels > 2 else stream.layout
        n_channels = min(2, stream.channels) if is_stereo else stream.channels
        # Planar float gives one row per channel whatever the codec's own sample format.
        converter = av.AudioResampler(format="fltp", layout=layout, rate=stream.rate)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _undecodable(path, str(error)) from error
    return Channels(stream.rate, n_channels, None, _av_blocks(path, container, converter))


def _av_blocks(path: Path, container: Any, converter: Any) -> Iterator[FloatArray]:
    """Blocks of about ``_BLOCK_S`` seconds of a container's first audio track."""
    import av

    pending: list[FloatArray] = []
    stream = container.streams.audio[0]
    with container:
        try:
            for frame in itertools.chain(container.decode(stream), [None]):
                pending += [converted.to_ndarray().T for converted in converter.resample(frame)]
                if pending and (frame is None or sum(map(len, pending)) >= _BLOCK_S * stream.rate):
                    yield np.ascontiguousarray(np.concatenate(pending))
                    pending = []
        except (av.FFmpegError, OSError, ValueError) as error:
            raise _undecodable(path, str(error)) from error


def _as_floats(block: npt.NDArray[Any]) -> FloatArray:
    """Samples of 16 bits scaled to -1..1, others as they are.

    libsndfile would give the same floats, in five times the time.
    """
    return block * np.float32(2**-15) if block.dtype == np.int16 else block


def _told_duration_s(info: Any) -> float | None:
    """Seconds by the header that soundfile read, or ``None`` where it does not know."""
    return float(info.frames) / info.samplerate if info.frames < 2**62 else None


def to_mono(block: npt.NDArray[Any]) -> FloatArray:
    """Shape (n_samples, n_channels) averaged to (n_samples,)."""
    if block.shape[1] == 1:
        return np.ascontiguousarray(block[:, 0], dtype=np.float32)
    if block.shape[1] == 2:  # thirty times as fast as the mean of so short rows
        return np.asarray((block[:, 0] + block[:, 1]) / 2, np.float32)
    return np.asarray(block.mean(axis=1, dtype=np.float32))


def _on_both_sides(block: FloatArray) -> FloatArray:
    """Shape (n_samples, n_channels) averaged to two equal channels, (n_samples, 2)."""
    return np.repeat(to_mono(block)[:, None], 2, axis=1)


def _require_sane(path: Path, rate: int, n_channels: int) -> None:
    low, high = _RATE_LIMITS
    if not (low <= rate <= high and 1 <= n_channels <= _MAX_CHANNELS):
        raise DrumscribeError(
            f"{path}: {n_channels} channels at {rate} Hz are not supported (1..{_MAX_CHANNELS} "
            f"channels, {low}..{high} Hz); convert it first"
        )


def _require_whole(path: Path, file: Any) -> None:
    """Refuse a wav or aiff whose data end early, which libsndfile only notes in its log."""
    note = re.search(r"(?:data|SSND) : (\d+) \(should be (\d+)\)", file.extra_info)
    if note and int(note[1]) < _STREAMED_SIZE:
        raise DrumscribeError(
            f"{path}: is cut short ({note[2]} of {note[1]} bytes of audio); copy it again"
        )


def _undecodable(path: Path, reason: str) -> DrumscribeError:
    return DrumscribeError(
        f"{path}: cannot be decoded ({' '.join(reason.split())}); is it a whole audio file?"
    )
