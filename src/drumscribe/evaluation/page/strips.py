"""Strips of the page: a few seconds of spectrogram over the hits that were and should have been.

The upper half of a lane's row is the reference, the lower half the estimate, so that a missed hit
has no lower half and an invented one no upper half, whatever the colours.
"""

import base64
import io
from collections.abc import Sequence

import numpy as np

from drumscribe.evaluation.excerpts import Excerpt
from drumscribe.evaluation.page.tables import label
from drumscribe.events import DrumEvent
from drumscribe.timing import frame_to_seconds
from drumscribe.utils.arrays import FloatArray

_LEFT, _WIDTH, _SPECTROGRAM_HEIGHT, _ROW_HEIGHT = 70, 930, 150, 18
_ROWS_TOP = _SPECTROGRAM_HEIGHT + 6
_N_TINTS = 48  # enough for the eye, and a third of the bytes


def strip(excerpt: Excerpt, classes: Sequence[str]) -> str:
    """One excerpt as SVG: spectrogram, a row for each class, seconds."""
    duration_s = frame_to_seconds(len(excerpt.log_mel))
    bottom = _ROWS_TOP + _ROW_HEIGHT * len(classes)
    parts = [
        f'<image x="{_LEFT}" width="{_WIDTH}" height="{_SPECTROGRAM_HEIGHT}" '
        f'preserveAspectRatio="none" href="{_picture(excerpt.log_mel)}"/>',
        *(_row(index, name) for index, name in enumerate(classes)),
    ]
    for style, half, event in _marks(excerpt):
        across = (event.onset_s - excerpt.start_s) / duration_s
        if 0 <= across <= 1:
            x = _LEFT + across * _WIDTH
            y = _ROWS_TOP + classes.index(event.drum) * _ROW_HEIGHT + 2 + half * 7
            parts.append(
                f'<path class="{style}" d="M{x:.1f} {y}v7">'
                f"<title>{event.onset_s:.3f} s</title></path>"
            )
    for second in range(int(np.ceil(excerpt.start_s)), int(excerpt.start_s + duration_s) + 1):
        x = _LEFT + (second - excerpt.start_s) / duration_s * _WIDTH
        parts.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{second} s</text>')
    size = f"0 0 {_LEFT + _WIDTH + 10} {bottom + 20}"
    return f'<svg viewBox="{size}" role="img" aria-label="excerpt">{"".join(parts)}</svg>'


def _row(index: int, name: str) -> str:
    """The empty row of a class."""
    top = _ROWS_TOP + index * _ROW_HEIGHT
    return (
        f'<text x="{_LEFT - 6}" y="{top + 13}" text-anchor="end">{label(name)}</text>'
        f'<rect class="row" x="{_LEFT}" y="{top + 1}" width="{_WIDTH}" height="{_ROW_HEIGHT - 2}"/>'
    )


def _marks(excerpt: Excerpt) -> list[tuple[str, int, DrumEvent]]:
    """Each mark's style, its half of the row (0 the reference, 1 the estimate), and its hit."""
    comparison = excerpt.comparison
    return [
        *(("found", 0, reference) for reference, _ in comparison.found),
        *(("found", 1, estimate) for _, estimate in comparison.found),
        *(("missed", 0, event) for event in comparison.missed),
        *(("false", 1, event) for event in comparison.false),
    ]


def _picture(log_mel: FloatArray) -> str:
    """The spectrogram as a PNG in a URL, low frequencies at the bottom."""
    from matplotlib.image import imsave

    tints = np.round(log_mel.T[::-1].astype(np.float32) * _N_TINTS) / _N_TINTS
    file = io.BytesIO()
    imsave(file, tints, vmin=0, vmax=1, cmap="magma", format="png")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
