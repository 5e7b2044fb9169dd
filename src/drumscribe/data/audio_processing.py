"""Audio files of any format, rate and channel count as blocks of mono samples on our clock.

libsndfile decodes wav, flac, ogg and mp3; PyAV (extra ``media``) the rest. Decoding, mixing to mono
and resampling run block by block, so memory does not grow with the length of a recording.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drumscribe.timing import SAMPLE_RATE, samples_to_seconds
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import require_file

logger = logging.getLogger(__name__)

_BLOCK_S = 10.0
_WHOLE_SHARE = 0.99
_MAX_CHANNELS = 64
_RATE_LIMITS = (1_000, 768_000)
_STREAMED_SIZE = 0x7FFF_0000  # programs that write to a pipe put such sizes in the header

_SUFFIXES = ".wav .flac .ogg .oga .opus .mp3 .aif .aiff .au .caf .w64 .m4a .aac .mp4 .webm .mka"
AUDIO_SUFFIXES = frozenset(_SUFFIXES.split())
"""What a folder is searched for; a file named by the user may have any suffix."""


def audio_blocks(path: Path) -> Iterator[FloatArray]:
    """Decode a recording to mono at ``SAMPLE_RATE``, block by block.

    Channels are averaged. The blocks together hold ``round(n_samples * SAMPLE_RATE / rate)``
    samples. Integer formats are scaled to -1..1; floats pass as they are.

    Yields:
        One-dimensional float32 arrays of varying length, none empty.

    Raises:
        DrumscribeError: when the file is absent, empty, undecodable or holds NaN or infinity.
    """
    require_file(path, what="audio file")
    if path.stat().st_size == 0:
        raise DrumscribeError(f"{path}: is empty; give a recording")
    return _checked(path, _decode(path))


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
    return float(info.frames) / info.samplerate if info.frames < 2**62 else None


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


def resample_blocks(blocks: Iterable[FloatArray], rate: int) -> Iterator[FloatArray]:
    """Mono blocks at ``rate`` samples per second as mono blocks at ``SAMPLE_RATE``.

    The filter's delay is compensated, and the output is cut or zero-padded to the rounded length,
    so times are kept whatever the rate.
    """
    if rate == SAMPLE_RATE:
        yield from blocks
        return
    import soxr

    stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")
    n_in = n_out = 0
    for block in blocks:
        n_in += len(block)
        resampled = stream.resample_chunk(block)
        n_out += len(resampled)
        yield resampled
    tail = stream.resample_chunk(np.zeros(0, np.float32), last=True)
    n_missing = max(0, round(n_in * SAMPLE_RATE / rate) - n_out)
    yield np.pad(tail[:n_missing], (0, max(0, n_missing - len(tail))))


def _checked(path: Path, blocks: Iterable[FloatArray]) -> Iterator[FloatArray]:
    """The blocks that are not empty, refusing samples that are not numbers and empty recordings."""
    n_samples = 0
    for block in blocks:
        if not np.isfinite(block).all():
            at_s = samples_to_seconds(n_samples + int(np.argmin(np.isfinite(block))))
            raise DrumscribeError(
                f"{path}: holds NaN or infinite samples near {at_s:.1f} s; export it again"
            )
        n_samples += len(block)
        if len(block):
            yield block
    if n_samples == 0:
        raise DrumscribeError(f"{path}: holds no audio; give a recording")


def _decode(path: Path) -> Iterator[FloatArray]:
    """Mono blocks at our rate by the first decoder that knows the format."""
    import soundfile

    try:
        file = soundfile.SoundFile(soundfile_name(path))
    except (soundfile.LibsndfileError, RuntimeError) as error:
        yield from _decode_with_av(path, reason=str(error))
        return
    with file:
        _require_sane(path, file.samplerate, file.channels)
        _require_whole(path, file)
        yield from resample_blocks(_soundfile_blocks(path, file), file.samplerate)


def _soundfile_blocks(path: Path, file: Any) -> Iterator[FloatArray]:
    """Mono blocks at the file's own rate."""
    import soundfile

    n_block = int(_BLOCK_S * file.samplerate)
    try:
        n_read = 0
        while len(block := file.read(n_block, dtype="float32", always_2d=True)):
            n_read += len(block)
            yield _to_mono(block)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise _undecodable(path, str(error)) from error
    if n_read < _WHOLE_SHARE * file.frames < 2**62:  # an mp3 that was cut is an mp3 still
        rate = file.samplerate
        logger.warning(
            "%s: ends after %.1f of %.1f s; is it whole?", path, n_read / rate, file.frames / rate
        )


def _decode_with_av(path: Path, *, reason: str) -> Iterator[FloatArray]:
    """Mono blocks at our rate by FFmpeg's decoders."""
    try:
        import av
    except ImportError:
        raise DrumscribeError(
            f"{path}: libsndfile cannot decode it ({reason}); if it is m4a, mp4 or webm, "
            "install PyAV: pip install 'drumscribe[media]'"
        ) from None
    try:
        # Without the prefix FFmpeg takes "Artist: title.m4a" for an address.
        with av.open(f"file:{path}") as container:
            if not container.streams.audio:
                raise DrumscribeError(f"{path}: has no audio track; give a recording")
            stream = container.streams.audio[0]
            if stream.codec_context is None:  # a damaged header may name a codec that is none
                raise _undecodable(path, "unknown codec")
            _require_sane(path, stream.rate, stream.channels)
            yield from resample_blocks(_av_blocks(container, stream), stream.rate)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _undecodable(path, str(error)) from error


def _av_blocks(container: Any, stream: Any) -> Iterator[FloatArray]:
    """Mono blocks of about ``_BLOCK_S`` seconds at the stream's own rate."""
    import av

    # Planar float gives one row per channel whatever the codec's own sample format.
    converter = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
    pending: list[FloatArray] = []
    for frame in container.decode(stream):
        for converted in converter.resample(frame):
            pending.append(_to_mono(converted.to_ndarray().T))
        if sum(map(len, pending)) >= _BLOCK_S * stream.rate:
            yield np.concatenate(pending)
            pending = []
    pending.extend(_to_mono(converted.to_ndarray().T) for converted in converter.resample(None))
    if pending:
        yield np.concatenate(pending)


def _to_mono(block: npt.NDArray[Any]) -> FloatArray:
    """Shape (n_samples, n_channels) averaged to (n_samples,)."""
    if block.shape[1] == 1:
        return np.ascontiguousarray(block[:, 0], dtype=np.float32)
    return np.asarray(block.mean(axis=1, dtype=np.float32))


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
