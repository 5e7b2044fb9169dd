"""Deleting finished transcriptions by age and by total size."""

import time

from drumscribe.utils.disk import GB
from drumscribe.web.settings import StudioSettings
from drumscribe.web.store import JobStore

_SECONDS_PER_DAY = 86_400.0


def remove_expired(store: JobStore, settings: StudioSettings, *, now: float | None = None) -> int:
    """Delete what nobody has touched for too long, then what there is no room for.

    Jobs that wait or run are kept whatever they hold.

    Args:
        store: the jobs.
        settings: how much is kept, for how long.
        now: seconds since the epoch; the present by default.

    Returns:
        How many were deleted.
    """
    oldest = (time.time() if now is None else now) - settings.keep_days * _SECONDS_PER_DAY
    n_bytes_over = store.total_bytes() - settings.keep_gb * GB
    n_deleted = 0
    for job in store.finished():
        if job.touched_at >= oldest and n_bytes_over <= 0:
            break
        store.delete(job.id)
        n_bytes_over -= job.n_bytes
        n_deleted += 1
    return n_deleted
