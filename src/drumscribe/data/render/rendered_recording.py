"""A rendered recording: labelled audio, a pure function of its seed.

Any number of processes may each make some of many recordings; together they are the same as if one
had made them all. Nothing touches the disk but reading MIDI and one-shots.

Place in the flow: sources -> score (what is played, when) -> drum set (on what) -> mix -> effects,
accompaniment beside it -> samples and labels.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from drumscribe.data.render import hand_percussion
from drumscribe.data.render.articulations import CYMBAL_GROUPS, GROUPS
from drumscribe.data.render.audibility import Audibility
from drumscribe.data.render.backing import AccompanimentSources, draw_backing, percussion_part
from drumscribe.data.render.drumset import assemble_drumset
from drumscribe.data.render.dynamics import heard_rms
from drumscribe.data.render.effects import drum_sound, mastered
from drumscribe.data.render.mixer import DrumMix, PlacedHit, mix_hits
from drumscribe.data.render.negatives import draw_negative
from drumscribe.data.render.render_config import (
    BackingConfig,
    GrooveConfig,
    RenderConfig,
    directly_recorded,
)
from drumscribe.data.render.score import Score, draw_score, grabbed_counts
from drumscribe.data.render.sounds import SoundBank
from drumscribe.data.render.sources import RenderSources
from drumscribe.data.targets import single_hits
from drumscribe.drums import LANES8
from drumscribe.events import DrumEvent
from drumscribe.tempo import Beat
from drumscribe.timing import samples_to_seconds, seconds_to_samples
from drumscribe.utils.arrays import FloatArray

_END_MARGIN_S = 0.02
_STICKS_DB = (-26.0, -10.0)


@dataclass(frozen=True)
class RenderedRecording:
    """A recording with its labels.

    Attributes:
        samples: mono at ``SAMPLE_RATE``, shape (n_samples,), within -1..1.
        events: every hit that can be heard, in the classes of ``LANES8``, in order of time.
        beats: the beats of what is played, none where there is no music.
        description: what it is made of and what was done to it, for people.
    """

    samples: FloatArray
    events: list[DrumEvent]
    beats: list[Beat]
    description: Mapping[str, str] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return samples_to_seconds(len(self.samples))


@dataclass(frozen=True)
class _Drums:
    """The drums of a recording.

    Attributes:
        kits: what they are made of.
        hits: what is played on them, in order of time.
        mix: as the drum set sounds.
        sound: through all that is done to drums, shape (n_samples,).
        effects: what that was.
    """

    kits: str
    hits: list[PlacedHit]
    mix: DrumMix
    sound: FloatArray
    effects: list[str]

    @functools.cached_property
    def rms(self) -> float:
        """How loud they sound where they are heard, 0 where they are silent."""
        return heard_rms(self.sound)


def render_recording(
    seed: int | Sequence[int], sources: RenderSources, config: RenderConfig
) -> RenderedRecording:
    """One recording, the same for the same arguments.

    Args:
        seed: chooses everything; of many recordings, a number that they share and their own.
        sources: what it is made of.
        config: what it is like.
    """
    rng = np.random.default_rng(seed)
    duration_s = float(rng.uniform(*config.duration_s))
    n_samples = seconds_to_samples(duration_s)
    # A generator each, so that a change to one stage leaves the draws of the others alone.
    for_score, for_drums, for_backing, for_master = rng.spawn(4)
    if rng.random() < config.backing.negative:
        return _negative(n_samples, config, for_backing, for_master)
    score = draw_score(
        sources.infos, config.playing, config.grooves, for_score, duration_s=duration_s
    )
    are_silent = rng.random() < config.backing.no_drums
    if rng.random() < config.direct and not are_silent:
        config = directly_recorded(config)
    drums = _drums(score, sources, config, for_drums, n_samples, are_silent=are_silent)
    sound, parts = _with_backing(drums, score, config.backing, for_backing, sources.recorded)
    samples, effects = mastered(sound, config.effects, for_master)
    return RenderedRecording(
        samples=samples,
        events=labels(drums.hits, drums.mix.audibility.verdicts(_beside(drums, sound))),
        beats=score.beats(duration_s),
        description={
            "kits": drums.kits,
            "performances": " ".join(score.performance_ids),
            "edits": " | ".join(score.edits),
            "drum effects": ", ".join(drums.effects),
            "backing": ", ".join(parts),
            "effects": ", ".join(effects),
        },
    )


def _drums(
    score: Score,
    sources: RenderSources,
    config: RenderConfig,
    rng: np.random.Generator,
    n_samples: int,
    *,
    are_silent: bool,
) -> _Drums:
    """The score on a drum set; nothing of it where they ``are_silent``."""
    drumset = assemble_drumset(sources.kits, sources.cache, config.kits, rng)
    if are_silent:
        mix = DrumMix({}, Audibility(n_samples))
        return _Drums(drumset.name, [], mix, np.zeros(n_samples, np.float32), ["no drums"])
    hits = placed_hits(score, config, rng, n_samples)
    bank = SoundBank(drumset, sources.cache)
    mix = _played(score, hits, bank, config.grooves, rng, n_samples)
    sound, effects = drum_sound(mix.buses, config.effects, rng)
    return _Drums(drumset.name, hits, mix, sound, effects)


def placed_hits(
    score: Score, config: RenderConfig, rng: np.random.Generator, n_samples: int
) -> list[PlacedHit]:
    """The strokes on the recording's clock, those that begin inside it, in order of time."""
    jitter_s = rng.uniform(0, config.playing.jitter_s)
    times_s = score.tempo.seconds([stroke.count for stroke in score.strokes])
    times_s = times_s + rng.normal(0, jitter_s, len(times_s))
    last = n_samples - seconds_to_samples(_END_MARGIN_S)
    hits = [
        PlacedHit(start, stroke.note, stroke.velocity)
        for time_s, stroke in zip(times_s.tolist(), score.strokes, strict=True)
        if 0 <= (start := seconds_to_samples(time_s)) < last
    ]
    return sorted(hits, key=lambda hit: (hit.start, hit.note))


def labels(hits: Sequence[PlacedHit], is_audible: Sequence[bool]) -> list[DrumEvent]:
    """Events of the audible hits, as ``single_hits`` has them.

    Args:
        hits: in order of time.
        is_audible: for each of them, whether it can be heard.
    """
    return single_hits(
        DrumEvent(samples_to_seconds(hit.start), LANES8.name_by_note[hit.note], hit.velocity)
        for hit, heard in zip(hits, is_audible, strict=True)
        if heard
    )


def _played(
    score: Score,
    hits: Sequence[PlacedHit],
    bank: SoundBank,
    config: GrooveConfig,
    rng: np.random.Generator,
    n_samples: int,
) -> DrumMix:
    """The hits on the drum set, and the sticks that count in."""
    grabs_s = score.tempo.seconds(grabbed_counts(score.strokes, config.grab, rng))
    mix = mix_hits(
        hits,
        bank,
        n_samples=n_samples,
        rng=rng,
        damped_at=[seconds_to_samples(time_s) for time_s in grabs_s.tolist()],
        damped_groups=GROUPS if config.grab_drums else CYMBAL_GROUPS,
    )
    if score.stick_counts:
        times_s = score.tempo.seconds(score.stick_counts).tolist()
        loudest = max(float(np.abs(bus).max()) for bus in mix.buses.values())
        level = loudest * 10 ** (rng.uniform(*_STICKS_DB) / 20)
        levels = [level] * len(times_s)
        wood = hand_percussion.wood
        mix.buses["sticks"] = hand_percussion.played_at(wood, times_s, levels, n_samples, rng)
    return mix


def _with_backing(
    drums: _Drums,
    score: Score,
    config: BackingConfig,
    rng: np.random.Generator,
    recorded: AccompanimentSources,
) -> tuple[FloatArray, list[str]]:
    """Drums with what else is heard; silent drums never stay alone."""
    n_samples = len(drums.sound)
    parts: list[str] = []
    sound = drums.sound
    if rng.random() < config.hand_percussion:
        percussion = percussion_part(score.tempo, n_samples, config, rng, recorded)
        sound = sound + _at_level(percussion, drums.rms, rng.uniform(*config.hand_percussion_db))
        parts.append("hand percussion")
    if rng.random() < config.backing or drums.rms == 0:
        backing, names = draw_backing(score.tempo, n_samples, config, rng, recorded)
        sound = sound + _at_level(backing, drums.rms, rng.uniform(*config.level_db))
        parts += names
    return sound, parts


def _beside(drums: _Drums, sound: FloatArray) -> FloatArray | None:
    """What is heard beside the drums, at the level it has against the mix of their buses."""
    if sound is drums.sound or drums.rms == 0:
        return None
    as_mixed = heard_rms(np.sum(list(drums.mix.buses.values()), axis=0))
    return (sound - drums.sound) * np.float32(as_mixed / drums.rms)


def _negative(
    n_samples: int,
    config: RenderConfig,
    for_backing: np.random.Generator,
    for_master: np.random.Generator,
) -> RenderedRecording:
    """A recording without music."""
    sound, name = draw_negative(n_samples, for_backing)
    samples, effects = mastered(sound, config.effects, for_master)
    return RenderedRecording(samples, [], [], {"backing": name, "effects": ", ".join(effects)})


def _at_level(sound: FloatArray, reference_rms: float, level_db: float) -> FloatArray:
    """``sound`` at ``level_db`` against a reference, or as it is where that is silent."""
    own_rms = heard_rms(sound)
    if own_rms == 0:
        return sound
    wanted = (reference_rms or 1.0) * 10 ** (level_db / 20)
    return sound * np.float32(wanted / own_rms)
