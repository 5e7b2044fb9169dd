"""Which shards of a plan are still to be made, and what may be cleared away for them.

A shard is deleted unasked only where nothing can be lost by it: it is no HDF5 file or cut short. A
file that cannot be looked into at present may be sound, and one that tells nothing of what it was
made from may be anybody's.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from drumscribe.data.feature_store import shard_fingerprint
from drumscribe.data.shard_format import shard_paths
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import remove_partial_files


class PlannedShard(Protocol):
    """A shard to be: where, and the fingerprint of all that it depends on."""

    @property
    def path(self) -> Path:
        """Where it will be."""

    @property
    def fingerprint(self) -> str:
        """What ``shard_fingerprint`` will tell of it."""


P = TypeVar("P", bound=PlannedShard)


def absent_shards(plans: Sequence[P], folders: Iterable[Path], *, overwrite: bool) -> list[P]:
    """The shards of a plan that are not there, after clearing ``folders`` of all but the others.

    Args:
        plans: all shards that there will be.
        folders: where they and nothing else may lie.
        overwrite: whether shards that were made from something else may be deleted.

    Raises:
        DrumscribeError: when there are such shards and they may not, or one cannot be looked into.
    """
    planned = {plan.path: plan.fingerprint for plan in plans}
    damaged, foreign = [], []
    for folder in folders:
        remove_partial_files(folder)
        for path in shard_paths(folder):
            fingerprint = shard_fingerprint(path)
            if fingerprint is None:
                damaged.append(path)
            elif planned.get(path) != fingerprint:
                foreign.append(path)
    if foreign and not overwrite:
        raise DrumscribeError(
            f"{min(foreign)}: was made from other recordings or settings; add --overwrite to "
            "replace such shards, or set data.processed_dir to another folder"
        )
    for path in damaged + foreign:
        path.unlink()
    return [plan for plan in plans if not plan.path.exists()]
