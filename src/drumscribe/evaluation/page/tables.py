"""Tables of the page: scores with bars behind them, and confusions as heat."""

from collections.abc import Mapping, Sequence
from html import escape

from drumscribe.evaluation.matching import Counts
from drumscribe.utils.arrays import IntArray

_NOTHING = '<td data-value="-1">-</td>'
_SCORE_HEADINGS = ("hits", "precision", "recall", "F", "missed", "invented")


def label(name: str) -> str:
    """A class's name as people read it, safe in HTML."""
    return escape(name.replace("_", " "))


def score_table(
    title: str,
    counts: Mapping[str, Counts],
    more: Mapping[str, Sequence[float | None]] | None = None,
) -> str:
    """A sortable table with a row for each name, in the given order.

    Args:
        title: what the names are.
        counts: by name, which need not be safe.
        more: further columns 0..1 by heading, a value or ``None`` for each row.
    """
    columns = more or {}
    headings = (title, *_SCORE_HEADINGS, *columns)
    head = "".join(f"<th><button>{escape(heading)}</button></th>" for heading in headings)
    rows = []
    for index, (name, found) in enumerate(counts.items()):
        cells = [f'<td class="name">{escape(name)}</td>', f"<td>{found.n_reference}</td>"]
        is_scored = found != Counts()
        scores = (found.precision, found.recall, found.f_measure)
        cells += [_bar(score) if is_scored else _NOTHING for score in scores]
        cells += [f"<td>{found.n_missed}</td><td>{found.n_false}</td>"]
        cells += [_share(values[index] if is_scored else None) for values in columns.values()]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def confusion_table(title: str, counts: IntArray, classes: Sequence[str]) -> str:
    """A table of counts, coloured the more strongly the larger their share of the row.

    Args:
        title: what the rows are.
        counts: shape (C, C + 1), the last column for "nothing".
        classes: the names of the rows.
    """
    head = "".join(f"<th>{label(name)}</th>" for name in (title, *classes, "nothing"))
    rows = []
    for name, row in zip(classes, counts.tolist(), strict=True):
        n_hits = max(1, sum(row))
        cells = "".join(_heat(count, count / n_hits) for count in row)
        rows.append(f'<tr><td class="name">{label(name)}</td>{cells}</tr>')
    return (
        f'<table class="confusion"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _bar(score: float) -> str:
    return f'<td class="bar" style="--share:{score:.1%}">{score:.3f}</td>'


def _share(value: float | None) -> str:
    return _NOTHING if value is None else f"<td>{value:.3f}</td>"


def _heat(count: int, share: float) -> str:
    if not count:
        return "<td></td>"
    return f'<td class="heat" style="--share:{share:.0%}" title="{share:.0%}">{count}</td>'
