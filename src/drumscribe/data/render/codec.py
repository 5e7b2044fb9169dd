"""Lossy codecs: through an encoder and back in memory, times kept.

Each codec here gives back as many samples as it was given, its encoder's delay taken out; the tests
hold it to that, since a codec that shifted the sound would shift it against its labels.
"""

import io

import numpy as np

from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.arrays import FloatArray

CODECS: dict[str, tuple[str, str]] = {
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg": ("OGG", "VORBIS"),
}
"""Format and subtype of libsndfile for each codec."""

_HEADROOM = 0.98


def coded(samples: FloatArray, codec: str, compression: float) -> FloatArray:
    """What is left of samples after encoding and decoding, shape kept.

    Args:
        samples: shape (n_samples,), not empty.
        codec: one of ``CODECS``.
        compression: 0..1, from the best quality to the smallest file.
    """
    import soundfile

    container, subtype = CODECS[codec]
    peak = float(np.abs(samples).max())
    scale = min(1.0, _HEADROOM / peak) if peak > 0 else 1.0
    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        samples * np.float32(scale),
        SAMPLE_RATE,
        format=container,
        subtype=subtype,
        compression_level=compression,
    )
    buffer.seek(0)
    decoded, _ = soundfile.read(buffer, dtype="float32")
    kept = np.zeros_like(samples)
    n_kept = min(len(samples), len(decoded))
    kept[:n_kept] = decoded[:n_kept] / np.float32(scale)
    return kept
