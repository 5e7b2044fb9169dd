"""Plots of the page as SVG, coloured by the page's style so that they suit light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt

from drumscribe.evaluation.matching import TOLERANCE_S
from drumscribe.evaluation.reliability import Bin
from drumscribe.events import MAX_VELOCITY
from drumscribe.utils.arrays import Float64Array

_MARGIN_LEFT, _MARGIN_RIGHT, _MARGIN_TOP, _MARGIN_BOTTOM = 42, 12, 22, 34
_BIN_MS = 2
_MAX_POINTS = 400


@dataclass(frozen=True)
class _Axes:
    """A rectangle of the plane drawn into a picture of ``width`` by ``height`` pixels."""

    width: int
    height: int
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the plane is in the picture."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        inner_width = self.width - _MARGIN_LEFT - _MARGIN_RIGHT
        inner_height = self.height - _MARGIN_TOP - _MARGIN_BOTTOM
        return _MARGIN_LEFT + across * inner_width, _MARGIN_TOP + (1 - up) * inner_height

    def line(self, start: tuple[float, float], end: tuple[float, float], style: str) -> str:
        (x1, y1), (x2, y2) = self.at(*start), self.at(*end)
        return f'<path class="{style}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'

    def bar(self, left: float, right: float, top: float, note: str) -> str:
        (x1, y1), (x2, y2) = self.at(left, top), self.at(right, self.y[0])
        return (
            f'<rect class="bars" x="{x1:.1f}" y="{y1:.1f}" width="{x2 - x1:.1f}" '
            f'height="{y2 - y1:.1f}"><title>{escape(note)}</title></rect>'
        )

    def picture(
        self,
        contents: Sequence[str],
        *,
        title: str,
        labels: tuple[str, str],
        ticks: tuple[Sequence[float], Sequence[float]],
    ) -> str:
        """The whole plot: contents, axes with ticks and their labels, a title."""
        left, bottom = self.at(self.x[0], self.y[0])
        right, top = self.at(self.x[1], self.y[1])
        parts = [f'<path class="axis" d="M{left} {top}V{bottom}H{right}"/>', *contents]
        for tick in ticks[0]:
            x, _ = self.at(tick, self.y[0])
            parts.append(_text(x, bottom + 14, f"{tick:g}", "middle"))
        for tick in ticks[1]:
            _, y = self.at(self.x[0], tick)
            parts.append(_text(left - 6, y + 4, f"{tick:g}", "end"))
        parts.append(_text((left + right) / 2, self.height - 4, labels[0], "middle"))
        parts.append(_text(4, 12, labels[1], "start"))
        parts.append(_text((left + right) / 2, 12, title, "middle", "title"))
        described = f'role="img" aria-label="{escape(title or labels[0])}"'
        return f'<svg viewBox="0 0 {self.width} {self.height}" {described}>{"".join(parts)}</svg>'


def timing_histogram(errors_ms: Float64Array, median_ms: float) -> str:
    """Matched hits by their timing error.

    Args:
        errors_ms: estimate minus reference in milliseconds, shape (n,).
        median_ms: of them.
    """
    limit_ms = TOLERANCE_S * 1000
    edges = np.arange(-limit_ms, limit_ms + _BIN_MS, _BIN_MS)
    counts, _ = np.histogram(errors_ms, edges)
    highest = max(1, int(counts.max()))
    axes = _Axes(460, 280, (-limit_ms, limit_ms), (0, highest))
    bars = [
        axes.bar(left, left + _BIN_MS, count, f"{left:+.0f}..{left + _BIN_MS:+.0f} ms: {count}")
        for left, count in zip(edges[:-1].tolist(), counts.tolist(), strict=True)
        if count
    ]
    median = axes.line((median_ms, 0), (median_ms, highest), "mark")
    ticks = np.arange(-limit_ms, limit_ms + 1, 10).tolist(), [0, highest]
    labels = "estimate minus reference, ms", "hits"
    title = f"median {median_ms:+.1f} ms"
    return axes.picture([*bars, median], title=title, labels=labels, ticks=ticks)


def reliability_plot(bins: Sequence[Bin]) -> str:
    """Precision against confidence, with the share of hits of each confidence as bars."""
    axes = _Axes(460, 280, (0, 1), (0, 1))
    n_hits = max(1, sum(found.n_hits for found in bins))
    contents = []
    for found in bins:
        share = found.n_hits / n_hits
        note = (
            f"{found.n_hits} hits: confidence {found.confidence:.2f}, right {found.precision:.2f}"
        )
        left = min(9, int(found.confidence * 10)) / 10
        contents.append(axes.bar(left + 0.01, left + 0.09, share, note))
    contents.append(axes.line((0, 0), (1, 1), "guide"))
    places = [axes.at(found.confidence, found.precision) for found in bins]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    contents += [f'<path class="mark" d="M{path}"/>'] if places else []
    contents += [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in places]
    ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
    labels = "confidence", "share that is right"
    return axes.picture(contents, title="", labels=labels, ticks=(ticks, ticks))


def velocity_scatter(
    reference: npt.NDArray[np.uint8], estimate: npt.NDArray[np.uint8], title: str
) -> str:
    """Estimated against reference velocity of matched hits, a sample of them where they are many.

    Args:
        reference: MIDI velocities 1..127, shape (n,).
        estimate: of the same hits, shape (n,).
        title: the drum.
    """
    axes = _Axes(240, 220, (0, MAX_VELOCITY), (0, MAX_VELOCITY))
    shown = np.random.default_rng(0).permutation(len(reference))[:_MAX_POINTS]
    places = [axes.at(float(reference[i]), float(estimate[i])) for i in shown]
    points = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in places)
    contents = [
        axes.line((0, 0), (MAX_VELOCITY, MAX_VELOCITY), "guide"),
        f'<path class="points" d="{points}"/>',
    ]
    ticks = [0, 32, 64, 96, 127]
    labels = "reference velocity", ""
    return axes.picture(contents, title=title, labels=labels, ticks=(ticks, ticks))


def _text(x: float, y: float, text: str, anchor: str, style: str = "") -> str:
    named = f' class="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{named}>{escape(text)}</text>'
