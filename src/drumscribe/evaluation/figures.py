"""Pictures of an evaluation."""

from pathlib import Path

from drumscribe.evaluation.thresholds import GRID
from drumscribe.evaluation.tuning import Tuning
from drumscribe.utils.files import atomic_path


def write_threshold_figure(tuning: Tuning, path: Path) -> None:
    """Draw precision, recall and F-measure of each lane against the threshold.

    Args:
        tuning: what was counted.
        path: a picture file; its suffix chooses the format (png, svg, pdf).

    Raises:
        DrumscribeError: when the file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6), layout="constrained")
    n_columns = -(-len(tuning.kit) // 2)
    panels = figure.subplots(2, n_columns, sharex=True, sharey=True, squeeze=False).flat
    # A kit of an odd number of lanes leaves a panel empty.
    for panel, drum in zip(panels, tuning.kit.classes, strict=False):
        curve = tuning.curves[drum.name]
        panel.plot(GRID, [counts.precision for counts in curve], label="precision")
        panel.plot(GRID, [counts.recall for counts in curve], label="recall")
        panel.plot(GRID, [counts.f_measure for counts in curve], label="F-measure")
        panel.axvline(tuning.thresholds[drum.name], color="black", linestyle=":")
        panel.set_title(f"{drum.display_name} ({curve[0].n_reference} hits)")
        panel.set_xlim(0, 1)
        panel.set_ylim(0, 1)
    figure.supxlabel("threshold")
    figure.axes[0].legend()
    with atomic_path(path) as temporary:
        figure.savefig(temporary)
