"""The splits of a dataset: what is learnt from, what models are chosen with, what judges them."""

from typing import Literal, TypeAlias, get_args

Split: TypeAlias = Literal["train", "val", "test"]

SPLITS: tuple[Split, ...] = get_args(Split)
