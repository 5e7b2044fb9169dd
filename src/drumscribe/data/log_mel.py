"""The log-mel spectrogram, in numpy and scipy: the one implementation for every stage.

Frames follow the clock of ``timing.py``: frame ``k`` is a Hann window of ``WINDOW_LENGTH`` samples
centred on sample ``k * HOP_LENGTH``, zeros beyond both ends. Power is summed into triangular mel
bands (Slaney's scale, peak 1), taken in dB against a full-scale sine (never against the recording's
own maximum, so that a quiet passage looks quiet), clipped to the lowest ``range_db`` and scaled to
0..1: 0 is silence, 1 a full-scale sine.

Frames are computed in blocks of a fixed size, so a recording gives the same numbers to the last bit
whether it comes whole or in pieces. T frames, F mel bands.
"""

import functools
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from drumscribe.config import FeatureConfig
from drumscribe.timing import HOP_LENGTH, SAMPLE_RATE, WINDOW_LENGTH, frame_count
from drumscribe.utils.arrays import Float64Array, FloatArray
from drumscribe.utils.errors import DrumscribeError

_BLOCK_FRAMES = 128
_N_BINS = WINDOW_LENGTH // 2 + 1
_HALF_WINDOW = WINDOW_LENGTH // 2
_BANDS_PER_GROUP = 16


def log_mel(samples: FloatArray, config: FeatureConfig) -> FloatArray:
    """The log-mel spectrogram of a recording.

    Args:
        samples: mono samples at ``SAMPLE_RATE``, as ``mono_float32`` takes them.
        config: mel bands and range.

    Returns:
        Shape (T, F) with T = ``frame_count(n_samples)``, values 0..1.

    Raises:
        DrumscribeError: as ``mono_float32``, and as ``mel_filterbank``, when bands are too narrow.
    """
    return np.concatenate(list(log_mel_blocks([samples], config)))


def log_mel_blocks(
    sample_blocks: Iterable[FloatArray], config: FeatureConfig
) -> Iterator[FloatArray]:
    """The log-mel spectrogram of a recording that comes in blocks of any length.

    Args:
        sample_blocks: the recording's samples, as ``log_mel`` takes them, in order.
        config: mel bands and range.

    Yields:
        Shape (t, F) with 0 < t <= 128; together exactly what ``log_mel`` gives for the whole.

    Raises:
        DrumscribeError: as ``log_mel``.
    """
    spectrum = _block_spectrum(config)
    for frames, n_frames in _frame_blocks(sample_blocks):
        yield spectrum(frames)[:n_frames]


def mono_float32(samples: npt.ArrayLike) -> FloatArray:
    """Samples in the width that everything here computes in.

    Args:
        samples: floats of any width, shape (n_samples,), full scale -1..1.

    Raises:
        DrumscribeError: when they are whole numbers, whose full scale is unknown, or several
            channels.
    """
    array = np.asarray(samples)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.floating):
        raise DrumscribeError(
            f"samples of type {array.dtype} and shape {array.shape}: must be floats, full scale "
            "-1..1, of one channel, shape (n_samples,)"
        )
    return array.astype(np.float32, copy=False)


class LogMelStream:
    """The log-mel of sound that is still being made: each frame as soon as its window is full.

    That is half a window (23 ms) after the frame's centre. Every frame is computed alone, so the
    numbers do not depend on how the samples are cut; they differ from ``log_mel``'s by rounding.

    Args:
        config: mel bands and range.
    """

    def __init__(self, config: FeatureConfig) -> None:
        self._spectrum = _block_spectrum(config)
        self._n_mels = config.n_mels
        self._buffer = np.zeros(_HALF_WINDOW, np.float32)
        self._n_samples = self._n_frames = 0

    def push(self, samples: FloatArray) -> FloatArray:
        """The frames that ``samples`` complete, shape (t, F), t often 0; errors as ``log_mel``."""
        self._buffer = np.concatenate([self._buffer, mono_float32(samples)])
        self._n_samples += len(samples)
        frames = []
        start = 0
        while len(self._buffer) - start >= WINDOW_LENGTH:
            frames.append(self._spectrum(self._buffer[None, start : start + WINDOW_LENGTH]))
            start += HOP_LENGTH
        self._buffer = self._buffer[start:].copy()
        self._n_frames += len(frames)
        return np.concatenate(frames) if frames else np.zeros((0, self._n_mels), np.float32)

    def finish(self) -> FloatArray:
        """The last frames, whose windows reach beyond the end, shape (t, F)."""
        n_left = frame_count(self._n_samples) - self._n_frames
        n_needed = (n_left - 1) * HOP_LENGTH + WINDOW_LENGTH
        return self.push(np.zeros(n_needed - len(self._buffer), np.float32))


@functools.lru_cache(maxsize=8)
def mel_filterbank(config: FeatureConfig) -> FloatArray:
    """Triangular filters of peak 1, shape (F, n_bins), equally spaced on Slaney's mel scale.

    The scale is linear below 1 kHz (200/3 Hz a mel) and logarithmic above (27 mels to a factor
    6.4), after Slaney's Auditory Toolbox (1998).

    Raises:
        DrumscribeError: when bands are so narrow that no bin of the spectrum lies in one.
    """
    mels = np.linspace(_hz_to_mel(config.f_min_hz), _hz_to_mel(config.f_max_hz), config.n_mels + 2)
    edges_hz = _mel_to_hz(mels)
    bins_hz = np.arange(_N_BINS) * SAMPLE_RATE / WINDOW_LENGTH
    low, centre, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rising = (bins_hz - low) / (centre - low)
    falling = (high - bins_hz) / (high - centre)
    filters = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    n_deaf = int(np.count_nonzero(~filters.any(axis=1)))
    if n_deaf:
        raise DrumscribeError(
            f"features.n_mels: {n_deaf} of {config.n_mels} bands from features.f_min_hz "
            f"({config.f_min_hz:g}) to features.f_max_hz ({config.f_max_hz:g}) are narrower than "
            f"the spectrum's steps of {bins_hz[1]:.1f} Hz; ask for fewer"
        )
    return filters


class _BlockSpectrum:
    """Log-mel of ``_BLOCK_FRAMES`` windows at a time."""

    def __init__(self, config: FeatureConfig) -> None:
        import scipy.fft

        self._rfft = scipy.fft.rfft
        # Periodic Hann window scaled so that a full-scale sine has power 1 in its bin.
        phase = 2 * np.pi * np.arange(WINDOW_LENGTH) / WINDOW_LENGTH
        window = 0.5 - 0.5 * np.cos(phase)
        self._window = (window * 2 / window.sum()).astype(np.float32)
        self._range_db = config.range_db
        self._n_mels = config.n_mels
        self._groups = _band_groups(mel_filterbank(config))

    def __call__(self, frames: FloatArray) -> FloatArray:
        """Log-mel of frames, shape (n, WINDOW_LENGTH) -> (n, F)."""
        spectrum = self._rfft(frames * self._window, axis=1)
        # Real and imaginary parts lie side by side: one pass squares both.
        squares = np.square(spectrum.view(np.float32))
        power = squares[:, ::2] + squares[:, 1::2]
        mel = np.empty((len(frames), self._n_mels), np.float32)
        for bands, bins, weights in self._groups:
            np.matmul(power[:, bins], weights, out=mel[:, bands])
        return self._scaled(mel)

    def _scaled(self, mel: FloatArray) -> FloatArray:
        """Power in ``mel`` as dB over the range, clipped to 0..1, in place."""
        floor = 10 ** (-self._range_db / 10)
        np.maximum(mel, floor, out=mel)
        np.log(mel, out=mel)
        mel *= 10 / np.log(10) / self._range_db
        mel += 1
        return np.clip(mel, 0, 1, out=mel)


@functools.lru_cache(maxsize=8)
def _block_spectrum(config: FeatureConfig) -> _BlockSpectrum:
    return _BlockSpectrum(config)


def _band_groups(filterbank: FloatArray) -> list[tuple[slice, slice, FloatArray]]:
    """The filterbank cut into groups of neighbouring bands with only the bins each group needs.

    Most of the filterbank is zero, so this takes a fraction of the multiplications of one product.
    """
    groups = []
    for first in range(0, len(filterbank), _BANDS_PER_GROUP):
        rows = filterbank[first : first + _BANDS_PER_GROUP]
        used = np.flatnonzero(rows.any(axis=0))
        bins = slice(int(used[0]), int(used[-1]) + 1)
        weights = np.ascontiguousarray(rows[:, bins].T)
        groups.append((slice(first, first + len(rows)), bins, weights))
    return groups


def _frame_blocks(sample_blocks: Iterable[FloatArray]) -> Iterator[tuple[FloatArray, int]]:
    """Windows of the padded recording, ``_BLOCK_FRAMES`` at a time, the last block padded.

    Yields:
        Windows of shape (_BLOCK_FRAMES, WINDOW_LENGTH) and how many of them are real.
    """
    n_needed = (_BLOCK_FRAMES - 1) * HOP_LENGTH + WINDOW_LENGTH
    n_step = _BLOCK_FRAMES * HOP_LENGTH
    buffer = np.zeros(_HALF_WINDOW, np.float32)
    n_samples = n_done = 0
    for block in sample_blocks:
        buffer = np.concatenate([buffer, mono_float32(block)])
        n_samples += len(block)
        start = 0
        while len(buffer) - start >= n_needed:
            yield _windows(buffer[start : start + n_needed]), _BLOCK_FRAMES
            start += n_step
            n_done += _BLOCK_FRAMES
        buffer = buffer[start:].copy()
    n_left = frame_count(n_samples) - n_done
    while n_left > 0:
        padded = np.zeros(n_needed, np.float32)
        padded[: len(buffer[:n_needed])] = buffer[:n_needed]
        yield _windows(padded), min(n_left, _BLOCK_FRAMES)
        buffer = buffer[n_step:]
        n_left -= _BLOCK_FRAMES


def _windows(samples: FloatArray) -> FloatArray:
    """A view of overlapping windows, shape (_BLOCK_FRAMES, WINDOW_LENGTH)."""
    return np.lib.stride_tricks.sliding_window_view(samples, WINDOW_LENGTH)[::HOP_LENGTH]


def _hz_to_mel(hz: float) -> float:
    linear = hz * 3 / 200
    return linear if hz < 1000 else 15 + float(np.log(hz / 1000)) * 27 / float(np.log(6.4))


def _mel_to_hz(mels: Float64Array) -> Float64Array:
    logarithmic = 1000 * np.exp((mels - 15) * np.log(6.4) / 27)
    return np.where(mels < 15, mels * 200 / 3, logarithmic)
