"""The picture of each epoch: what the model heard against what was played."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from drumscribe.drums import Kit
from drumscribe.timing import frame_to_seconds, seconds_to_frame
from drumscribe.utils.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_SHOWN_S = 8.0


def activation_figure(
    log_mel: FloatArray, onset: FloatArray, events: npt.NDArray[np.void], kit: Kit
) -> "Figure":
    """Log-mel above, onset activations with the labels on top below, of the first seconds.

    Args:
        log_mel: shape (T, F).
        onset: activations, shape (T, C).
        events: labels as ``EVENT_DTYPE``, seconds from the start.
        kit: names the classes.
    """
    from matplotlib.figure import Figure

    n_frames = min(len(onset), seconds_to_frame(_SHOWN_S))
    end_s = frame_to_seconds(n_frames)
    figure = Figure(figsize=(12, 6), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True)
    extent = (0, end_s, 0, log_mel.shape[1])
    top.imshow(log_mel[:n_frames].T, origin="lower", aspect="auto", extent=extent, vmin=0, vmax=1)
    top.set_ylabel("mel band")
    lanes = (0, end_s, -0.5, len(kit) - 0.5)
    bottom.imshow(
        onset[:n_frames].T,
        origin="lower",
        aspect="auto",
        extent=lanes,
        cmap="magma",
        vmin=0,
        vmax=1,
    )
    shown = events[events["onset_s"] < end_s]
    bottom.plot(shown["onset_s"], shown["drum"], "o", mfc="none", mec="cyan", label="played")
    bottom.set_yticks(range(len(kit)), [drum.display_name for drum in kit.classes])
    bottom.set_xlabel("time (s)")
    bottom.legend(loc="upper right")
    return figure
