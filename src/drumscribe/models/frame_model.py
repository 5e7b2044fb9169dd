"""What inference asks of a model, whichever runtime is behind it.

B chunks, T frames, F mel bands, C drum classes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Protocol

from drumscribe.models.header import ModelHeader
from drumscribe.utils.arrays import FloatArray

N_BEAT_CLASSES = 2
"""Beat and downbeat."""


@dataclass(frozen=True)
class Activations:
    """What a model says about frames, each value 0..1.

    Attributes:
        onset: shape (..., T, C).
        velocity: shape (..., T, C), times 127 a MIDI velocity; ``None`` without that head.
        beat: shape (..., T, 2), beat and downbeat; ``None`` without that head.
    """

    onset: FloatArray
    velocity: FloatArray | None = None
    beat: FloatArray | None = None

    @classmethod
    def of_heads(cls, heads: Mapping[str, FloatArray]) -> "Activations":
        """Those among a network's outputs, by name; ``onset`` must be one of them."""
        own = [field.name for field in fields(cls)]
        return cls(**{name: head for name, head in heads.items() if name in own})

    def heads(self) -> dict[str, FloatArray]:
        """The heads that there are, by name."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: head for name, head in named.items() if head is not None}

    def mapped(self, change: Callable[[FloatArray], FloatArray]) -> "Activations":
        """The same with ``change`` made to every head that there is."""
        return Activations(**{name: change(head) for name, head in self.heads().items()})


class FrameModel(Protocol):
    """Maps log-mel frames to activations."""

    @property
    def header(self) -> ModelHeader:
        """What its inputs and outputs mean."""

    @property
    def n_at_once(self) -> int:
        """How many threads may call it at once, and be the faster for it."""

    @property
    def is_on_gpu(self) -> bool:
        """Whether it runs on a GPU, whose memory other processes with the model would take."""

    def __call__(self, log_mel: FloatArray) -> Activations:
        """Activations (B, T, C) of log-mel (B, T, F).

        Raises:
            DrumscribeError: when a loaded checkpoint runs out of a GPU's memory.
        """

    def free_memory(self) -> None:
        """Give back the memory that calls work in, which it keeps for the next otherwise."""
