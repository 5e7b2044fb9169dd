"""What rendered recordings are like: every probability and strength of the engine.

Probabilities are per recording unless a comment says otherwise; a range is (lowest, highest) of a
uniform draw. Setting the probability of a thing to 0 switches it off.
"""

from dataclasses import dataclass, field
from typing import Annotated

from drumscribe.config import NonNegative, Probability
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.schema import Range

Seconds = Annotated[float, Range(0, 600)]
Decibels = Annotated[float, Range(-120, 120)]
Bars = Annotated[int, Range(1, 64)]


@dataclass(frozen=True)
class KitConfig:
    """Which kit is heard, and how it differs from its samples.

    Attributes:
        acoustic_share: how often the main kit is an acoustic one.
        mixing: that each group of pieces may come from another kit.
        group_mixing: per group of pieces, when mixing: that it does.
        level_spread_db: standard deviation of a piece's level.
        level_pull: 0..1, how far levels are pulled from a kit's own to those of a usual kit.
        tune: that the pieces of a group are retuned, per group.
        tune_semitones: standard deviation of the retuning.
        damping: that the pieces of a group are damped, per group.
        dynamics: range of the exponent between velocity and amplitude.
        layer_trust: range of how far the levels of recorded layers are kept, 0..1; the rest is
            the exponent's.
        hit_gain_db: standard deviation of a hit's gain.
        velocity_dullness: range of how dull the softest hits are, 0..1.
    """

    acoustic_share: Probability = 0.75
    mixing: Probability = 0.5
    group_mixing: Probability = 0.4
    level_spread_db: NonNegative = 3.0
    level_pull: Probability = 0.5
    tune: Probability = 0.6
    tune_semitones: NonNegative = 1.5
    damping: Probability = 0.25
    dynamics: tuple[NonNegative, NonNegative] = (0.7, 1.9)
    layer_trust: tuple[Probability, Probability] = (0.0, 1.0)
    hit_gain_db: NonNegative = 0.7
    velocity_dullness: tuple[Probability, Probability] = (0.0, 0.8)


@dataclass(frozen=True)
class PlayingConfig:
    """What is played: excerpts of performances, one after another.

    Attributes:
        tempo_factor: range of the tempo against the first performance's.
        tempo_tolerance: largest factor by which a following excerpt's own tempo may differ.
        tempo_drift: standard deviation of the tempo's slow wandering, a share of it.
        section_bars: range of an excerpt's length in bars, both included.
        fill_share: how often a section is a performance of fills, per section.
        jitter_s: largest standard deviation of hits around where they were played.
        velocity_scale: range of a factor on all velocities.
        velocity_compression: range of an exponent on velocity / 127; below 1 evens out.
        tight_start: that the music starts within 50 ms of the recording's start.
        lead_in_s: range of the time before the music otherwise.
    """

    tempo_factor: tuple[NonNegative, NonNegative] = (0.85, 1.2)
    tempo_tolerance: Annotated[float, Range(1, 10)] = 1.3
    tempo_drift: NonNegative = 0.01
    section_bars: tuple[Bars, Bars] = (2, 8)
    fill_share: Probability = 0.2
    jitter_s: NonNegative = 0.006
    velocity_scale: tuple[NonNegative, NonNegative] = (0.75, 1.2)
    velocity_compression: tuple[NonNegative, NonNegative] = (0.6, 1.25)
    tight_start: Probability = 0.15
    lead_in_s: tuple[Seconds, Seconds] = (0.05, 1.5)


@dataclass(frozen=True)
class RenderConfig:
    """The whole engine.

    Attributes:
        duration_s: range of a recording's length.
        kits: which kit is heard.
        playing: what is played on it.
    """

    duration_s: tuple[Seconds, Seconds] = (20.0, 40.0)
    kits: KitConfig = field(default_factory=KitConfig)
    playing: PlayingConfig = field(default_factory=PlayingConfig)

    def __post_init__(self) -> None:
        if not 1 <= self.duration_s[0] <= self.duration_s[1]:
            raise DrumscribeError(
                f"duration_s: must be two lengths from 1 s on, the lower first, "
                f"got {self.duration_s}"
            )
