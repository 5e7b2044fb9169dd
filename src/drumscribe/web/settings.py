"""What the studio's server may do and use."""

import math
from dataclasses import dataclass, field
from pathlib import Path

from drumscribe.config import InferenceConfig
from drumscribe.utils.disk import MB
from drumscribe.utils.errors import DrumscribeError

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
"""Addresses and names that reach a server from its own machine alone."""

_MIN_TOKEN_LENGTH = 16
_POSITIVE = {
    "n_workers": ("--workers", 1),
    "max_waiting": ("--queue", 1),
    "max_upload_mb": ("--max-upload-mb", 1),
    "max_duration_s": ("--max-minutes", 60),
    "worker_memory_mb": ("--worker-mb", 1),
    "keep_days": ("--keep-days", 1),
    "keep_gb": ("--keep-gb", 1),
}
"""Settings that are above 0, the options that people know them by, and what 1 in these is."""


@dataclass(frozen=True)
class StudioSettings:
    """Limits and places of one server.

    Attributes:
        data_dir: the folder that holds everything it keeps.
        model: the weights file that every worker loads.
        inference: chunk lengths and peak picking.
        host: the address it listens on.
        port: the port; 0 for any that is free.
        token: what requests must bear; empty for none, on a loopback address alone.
        n_workers: transcriptions at once, each in a process of its own.
        threads_per_worker: threads of one transcription.
        max_waiting: jobs that may wait, uploads under way included.
        max_upload_mb: largest recording that is accepted.
        max_duration_s: longest recording that is transcribed.
        job_timeout_s: a transcription that takes longer is ended.
        worker_memory_mb: address space of one worker.
        body_timeout_s: a request that sends nothing for so long is refused.
        min_upload_rate_kbs: kB/s below which an upload, over its whole length, is refused.
        keep_days: finished transcriptions nobody has touched for so long are deleted.
        keep_gb: above this total, those touched longest ago are deleted.
    """

    data_dir: Path
    model: Path
    inference: InferenceConfig = field(default_factory=InferenceConfig)
    host: str = "127.0.0.1"
    port: int = 8000
    token: str = ""
    n_workers: int = 1
    threads_per_worker: int = 1
    max_waiting: int = 32
    max_upload_mb: float = 200.0
    max_duration_s: float = 1200.0
    job_timeout_s: float = 1200.0
    worker_memory_mb: float = 2048.0
    body_timeout_s: float = 15.0
    min_upload_rate_kbs: float = 8.0
    keep_days: float = 90.0
    keep_gb: float = 20.0

    def __post_init__(self) -> None:
        if not self.is_local and len(self.token) < _MIN_TOKEN_LENGTH:
            raise DrumscribeError(
                f"--host {self.host}: others can reach this address; give --token, "
                f"{_MIN_TOKEN_LENGTH} characters or more, that requests must bear"
            )
        if not 0 <= self.port <= 65535:
            raise DrumscribeError(f"--port {self.port}: must be 0..65535")
        for name, (option, unit) in _POSITIVE.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise DrumscribeError(f"{option} {value / unit:g}: must be a number above 0")

    @property
    def is_local(self) -> bool:
        """Whether the address is reached from this machine alone."""
        return self.host in LOOPBACK_HOSTS

    @property
    def max_upload_bytes(self) -> int:
        """Largest recording in bytes."""
        return int(self.max_upload_mb * MB)

    @property
    def worker_memory_bytes(self) -> int:
        """Address space of one worker in bytes."""
        return int(self.worker_memory_mb * MB)
