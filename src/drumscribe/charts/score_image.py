"""A drum score as a picture: SVG for screens, PDF for paper (extra ``score``)."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drumscribe.charts.musicxml import musicxml
from drumscribe.charts.score import score_of
from drumscribe.inference.transcriber import Transcription
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.extras import install_advice
from drumscribe.utils.files import atomic_path, writable_text, write_text

_SCREEN = {"pageWidth": 2400, "pageHeight": 60_000, "adjustPageHeight": True, "scale": 40}
_PAPER = {"pageWidth": 2100, "pageHeight": 2970, "scale": 100}  # A4 in tenths of a millimetre
_PLAIN = {"footer": "none", "header": "auto", "breaks": "auto"}
_A4_WIDTH_PX = 794  # at 96 to the inch


def write_score_svg(transcription: Transcription, path: Path) -> None:
    """Draw the score on one page as long as it needs, titled as the file is named.

    Raises:
        DrumscribeError: when it cannot be drawn or written.
    """
    write_text(path, _drawn(transcription, path, _SCREEN).renderToSVG(1))


def write_score_pdf(transcription: Transcription, path: Path) -> None:
    """Draw the score on A4 pages, titled as the file is named.

    Raises:
        DrumscribeError: when it cannot be drawn or written.
    """
    with _extra_named(path):
        import cairosvg
        import pypdf
    toolkit = _drawn(transcription, path, _PAPER)
    pages = pypdf.PdfWriter()
    for number in range(1, toolkit.getPageCount() + 1):
        svg = toolkit.renderToSVG(number).encode()
        page = cairosvg.svg2pdf(bytestring=svg, output_width=_A4_WIDTH_PX, background_color="white")
        pages.append(io.BytesIO(page))
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        pages.write(file)


@contextlib.contextmanager
def _extra_named(path: Path) -> Iterator[None]:
    """Turn a package or library that is not there into one line that says how to get it."""
    try:
        yield
    except (ImportError, OSError) as error:  # OSError: cairo itself
        raise DrumscribeError(
            f"{path}: drawing a score needs more packages ({error}); {install_advice('score')}"
        ) from error


def _drawn(transcription: Transcription, path: Path, options: dict[str, Any]) -> Any:
    """Verovio's toolkit with the score laid out."""
    with _extra_named(path):
        import verovio
    text = musicxml(
        score_of(transcription),
        transcription.kit,
        title=writable_text(path.stem),
        has_metronome_mark=False,
    )
    toolkit = verovio.toolkit()
    toolkit.setOptions(_PLAIN | options)
    if not toolkit.loadData(text):
        raise DrumscribeError(f"{path}: the score cannot be drawn; write musicxml instead")
    return toolkit
