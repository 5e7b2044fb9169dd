"""Lossy codecs: through an encoder and back in memory, times kept.

Each codec here gives back as many samples as it was given, its encoder's delay taken out; the tests
hold it to that, since a codec that shifted the sound would shift it against its labels.
"""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.arrays import FloatArray

CODECS: dict[str, tuple[str, str]] = {
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg": ("OGG", "VORBIS"),
}
"""Format and subtype of libsndfile for each codec."""

_HEADROOM = 0.98

_THREAD_BYTES = 2**23
_PAGE_BYTES = 2**16


def coded(samples: FloatArray, codec: str, compression: float) -> FloatArray:
    """What is left of samples after encoding and decoding, shape kept.

    Args:
        samples: shape (n_samples,), not empty.
        codec: one of ``CODECS``.
        compression: 0..1, from the best quality to the smallest file.
    """
    import soundfile

    peak = float(np.abs(samples).max())
    scale = min(1.0, _HEADROOM / peak) if peak > 0 else 1.0
    scaled = samples * np.float32(scale)
    # Vorbis puts all samples of a call on the stack: a minute and a half overflows the usual one.
    # Several calls would code the beginning otherwise, and rendered sound would change.
    previous_size = threading.stack_size(_stack_bytes(scaled.nbytes))
    try:
        with ThreadPoolExecutor(1) as pool:
            encoded = pool.submit(_encoded, scaled, codec, compression).result()
    finally:
        threading.stack_size(previous_size)
    decoded, _ = soundfile.read(encoded, dtype="float32")
    kept = np.zeros_like(samples)
    n_kept = min(len(samples), len(decoded))
    kept[:n_kept] = decoded[:n_kept] / np.float32(scale)
    return kept


def _stack_bytes(n_bytes: int) -> int:
    """A stack for so many and what else a thread needs, in whole pages as systems want them."""
    return -(-n_bytes // _PAGE_BYTES) * _PAGE_BYTES + _THREAD_BYTES


def _encoded(samples: FloatArray, codec: str, compression: float) -> io.BytesIO:
    import soundfile

    container, subtype = CODECS[codec]
    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        samples,
        SAMPLE_RATE,
        format=container,
        subtype=subtype,
        compression_level=compression,
    )
    buffer.seek(0)
    return buffer
