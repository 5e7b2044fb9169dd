"""Names for the arrays that modules pass to each other, by the width of their numbers."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
"""Audio, features and what models say of them."""

Float64Array = npt.NDArray[np.float64]
"""Times, and what is computed from them."""

AnyFloatArray = npt.NDArray[np.floating]
"""Either, where the width does not matter."""

IntArray = npt.NDArray[np.int64]
"""Frames, counts and places in other arrays."""

BoolArray = npt.NDArray[np.bool_]
"""A yes or no for each row of another array."""
