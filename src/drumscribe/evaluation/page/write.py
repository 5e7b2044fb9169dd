"""The page itself: sections in order, style and script inside."""

import json
from html import escape
from pathlib import Path

from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.metrics import TOLERANCES_S
from drumscribe.evaluation.page.plots import reliability_plot, timing_histogram, velocity_scatter
from drumscribe.evaluation.page.strips import strip
from drumscribe.evaluation.page.tables import confusion_table, score_table
from drumscribe.evaluation.reliability import expected_calibration_error
from drumscribe.evaluation.report import ALIGNED, RAW, EvaluationReport
from drumscribe.utils.files import write_text

N_STRIPS = 8
"""Of so many recordings the worst place is shown."""

_FOLDER = Path(__file__).parent
_HEADLINE_S, _TIGHT_S = TOLERANCES_S
# Nothing is loaded from anywhere, even where a name in the data tries to.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def write_page(report: EvaluationReport, path: Path, *, title: str) -> None:
    """Write the report as one HTML file.

    Args:
        report: what was found.
        path: the file.
        title: what was scored on what; need not be safe.

    Raises:
        DrumscribeError: when the file cannot be written.
    """
    sections = (
        _cards(report),
        _lanes(report),
        _confusion(report),
        _timing_and_confidence(report),
        _velocity(report),
        _kits(report),
        _strips(report),
        _recordings(report),
        _origin(report),
    )
    write_text(
        path,
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_read('style.css')}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{''.join(sections)}"
        f"<script>\n{_read('sort.js')}</script>\n</body>\n</html>\n",
    )


def _cards(report: EvaluationReport) -> str:
    headline = report.micro(ALIGNED, _HEADLINE_S)
    timing = report.timing_ms()
    velocity = report.velocity()
    error = expected_calibration_error(report.reliability())
    cards = {
        "F at 50 ms": f"{headline.f_measure:.3f}",
        "95 % interval of it": report.interval_text(),
        "precision": f"{headline.precision:.3f}",
        "recall": f"{headline.recall:.3f}",
        "F at 20 ms": f"{report.micro(ALIGNED, _TIGHT_S).f_measure:.3f}",
        "macro F": f"{report.macro_f(ALIGNED, _HEADLINE_S):.3f}",
        "F with velocity": "-" if velocity is None else f"{velocity.f_measure:.3f}",
        "F at 50 ms, raw labels": f"{report.micro(RAW, _HEADLINE_S).f_measure:.3f}",
        "F at 20 ms, raw labels": f"{report.micro(RAW, _TIGHT_S).f_measure:.3f}",
        "timing: bias": f"{timing['bias']:+.1f} ms",
        "timing: median error": f"{timing['median_absolute']:.1f} ms",
        "calibration error": f"{error:.3f}",
    }
    items = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in cards.items())
    left_out = "".join(
        f"<p>Left out: {n} ({escape(reason)})</p>" for reason, n in report.left_out.items()
    )
    scored = (
        f"{len(report.recordings):,} recordings, {headline.n_reference:,} hits, "
        f"{len(report.classes)} classes; labels are aligned where nothing else is said."
    )
    return f'<p>{scored}</p>{left_out}<dl class="cards">{items}</dl>\n'


def _lanes(report: EvaluationReport) -> str:
    errors = [expected_calibration_error(report.reliability(name)) for name in report.classes]
    counts = report.by_class(ALIGNED, _HEADLINE_S)
    return _section(
        "Drums",
        "Onsets within 50 ms. Calibration error: how far confidence is from the share that is "
        "right. A click on a heading sorts.",
        score_table(
            "drum",
            {name.replace("_", " "): found for name, found in counts.items()},
            {"calibration error": errors},
        ),
    )


def _confusion(report: EvaluationReport) -> str:
    missed, false = report.confusion()
    return _section(
        "What wrong hits were instead",
        "Missed hits by the drum that was invented within 50 ms of them, and invented hits by the "
        "drum that was missed there; a stronger colour is a larger share of the row.",
        f"<h3>Missed</h3>{confusion_table('played', missed, report.classes)}"
        f"<h3>Invented</h3>{confusion_table('heard', false, report.classes)}",
    )


def _timing_and_confidence(report: EvaluationReport) -> str:
    errors_ms = report.timing_errors_s() * 1000
    bins = report.reliability()
    error = expected_calibration_error(bins)
    return (
        '<div class="side-by-side">'
        + _section(
            "Timing",
            "Found hits by how late (right) or early (left) they are.",
            timing_histogram(errors_ms, report.timing_ms()["bias"]),
        )
        + _section(
            "Confidence",
            f"On the diagonal a confidence means what it says; mean distance {error:.3f}. Bars: "
            "share of the hits.",
            reliability_plot(bins),
        )
        + "</div>"
    )


def _velocity(report: EvaluationReport) -> str:
    hits = report.velocity_hits()
    if not len(hits):
        return ""
    plots = []
    for index, name in enumerate(report.classes):
        own = hits[hits["drum"] == index]
        if len(own):
            title = f"{name.replace('_', ' ')} ({len(own)})"
            plots.append(velocity_scatter(own["reference_velocity"], own["velocity"], title))
    return _section(
        "Velocity",
        "Estimated against reference velocity of the hits that were found, as MIDI 1..127.",
        f'<div class="small-multiples">{"".join(f"<div>{plot}</div>" for plot in plots)}</div>',
    )


def _kits(report: EvaluationReport) -> str:
    kits = {name or "(without a name)": counts for name, counts in report.by_kit().items()}
    return _section("Kits", "", score_table("kit", kits)) if len(kits) > 1 else ""


def _strips(report: EvaluationReport) -> str:
    if not report.excerpts:
        return ""
    shown = "".join(
        f"<h3>{escape(excerpt.name)}: F {excerpt.counts.f_measure:.3f}</h3>"
        + strip(excerpt, report.classes)
        for excerpt in report.excerpts
    )
    return _section(
        "Worst places",
        "A few seconds of the worst recordings, where most goes wrong. Of each row the upper half "
        'is the reference, the lower half the estimate: <span class="key found"></span> found, '
        '<span class="key missed"></span> missed, <span class="key false"></span> invented.',
        shown,
    )


def _recordings(report: EvaluationReport) -> str:
    ranked = sorted(
        report.recordings, key=lambda r: (r.headline.f_measure, _minus_errors(r.headline))
    )
    velocities = [None if r.velocity is None else r.velocity.f_measure for r in ranked]
    counts = {f"{r.name} ({r.kit_name})" if r.kit_name else r.name: r.headline for r in ranked}
    more = {} if all(value is None for value in velocities) else {"F with velocity": velocities}
    return _section("Recordings", "The worst first.", score_table("recording", counts, more))


def _minus_errors(counts: Counts) -> int:
    return -counts.n_missed - counts.n_false


def _origin(report: EvaluationReport) -> str:
    text = escape(json.dumps(report.provenance, indent=1))
    return (
        f"<details><summary>What the model says of its origin</summary><pre>{text}</pre></details>"
    )


def _section(title: str, remark: str, contents: str) -> str:
    """A titled part of the page; remark and contents are HTML already."""
    said = f"<p>{remark}</p>" if remark else ""
    return f"<section><h2>{title}</h2>{said}{contents}</section>\n"


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
