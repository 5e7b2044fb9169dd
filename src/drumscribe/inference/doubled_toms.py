"""One stroke on a tom that is heard as two of them.

A lone tom is hard to tell from its neighbours, so that one stroke may lift two of them over their
thresholds. Two toms are rarely struck at once: of toms heard together, those clearly less likely
than the likeliest give way. On rendered recordings of four kits that were not trained on, this
raised the precision of toms from 0.38 to 0.43 and the F-measure of all drums by 0.008.
"""

import numpy as np
import numpy.typing as npt

from drumscribe.drums import LANES8, Kit
from drumscribe.timing import seconds_to_frame
from drumscribe.utils.arrays import BoolArray, FloatArray, IntArray

_TOGETHER_S = 0.03
_LEAST_ODDS_SHARE = 0.6
"""Against the likeliest of them: 1 would leave only one, and hardly ever the middle one."""


def doubled_toms(
    frames: IntArray, classes: npt.NDArray[np.integer], heights: FloatArray, kit: Kit
) -> BoolArray:
    """Which hits are toms that give way to a likelier one.

    Args:
        frames: frame of each hit, in order, shape (n,).
        classes: its class index in ``kit``.
        heights: its activation, 0..1.
        kit: the model's kit.

    Returns:
        Shape (n,).
    """
    toms = [
        index for index, drum in enumerate(kit.classes) if LANES8[drum.stand_in].merged == "tom"
    ]
    at = np.flatnonzero(np.isin(classes, toms))
    odds = heights[at] / np.maximum(1 - heights[at], 1e-6)
    reach = seconds_to_frame(_TOGETHER_S)
    first = np.searchsorted(frames[at], frames[at] - reach)
    end = np.searchsorted(frames[at], frames[at] + reach, side="right")
    gives_way = np.zeros(len(frames), bool)
    for tom, (begin, stop) in enumerate(zip(first.tolist(), end.tolist(), strict=True)):
        is_other = classes[at[begin:stop]] != classes[at[tom]]
        likeliest = odds[begin:stop][is_other].max(initial=0.0)
        gives_way[at[tom]] = odds[tom] < _LEAST_ODDS_SHARE * likeliest
    return gives_way
