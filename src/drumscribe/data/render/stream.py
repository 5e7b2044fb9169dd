"""Rendered recordings: a stream of labelled audio, a pure function of seed and index.

Any number of processes may each make some of the recordings of one stream; together they are the
same as if one had made them all. Nothing touches the disk but reading MIDI and one-shots.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from drumscribe.data.midi_processing import Beat
from drumscribe.data.render.drumset import assemble_drumset, require_complete
from drumscribe.data.render.effects import drum_sound, mastered
from drumscribe.data.render.mixer import PlacedHit, mix_hits
from drumscribe.data.render.performances import PerformanceInfo, read_performances
from drumscribe.data.render.render_config import RenderConfig
from drumscribe.data.render.sample_kits import OneShotCache, SampleKit, read_kits
from drumscribe.data.render.score import Score, draw_score, grabbed_counts
from drumscribe.data.render.sounds import SoundBank
from drumscribe.drums import LANES8
from drumscribe.events import DrumEvent
from drumscribe.timing import samples_to_seconds, seconds_to_samples
from drumscribe.utils.errors import DrumscribeError

FloatArray = npt.NDArray[np.float32]
Split = Literal["train", "val", "test"]

TEST_KITS = (
    "osdk",
    "pearl_master_studio",
    "exadrums",
    "hydrogen_BJA_Pacific",
    "hydrogen_rumpf_kit_z01_h2",
    "lel_dr8",
    "smpl_Casio-RZ1",
    "oramics_TR-505",
)
"""Kits held out to judge with, never trained on: five acoustic, then three electronic. None shares
sounds with another kit."""

VALIDATION_KITS = (
    "hydrogen_Millo_MultiLayered2",
    "was_acoustic-kit",
    "boochi_03-soulful-vintage",
    "smpl_MFB-512",
)
"""Kits to choose models and thresholds with, never trained on: two acoustic, two electronic."""

_MIDI_SPLITS: dict[Split, str] = {"train": "train", "val": "validation", "test": "test"}
_SAME_HIT_S = 0.015
_END_MARGIN_S = 0.02


@dataclass(frozen=True)
class RenderSources:
    """What recordings are made of.

    Attributes:
        split: which performances and kits these are.
        infos: the performances.
        kits: the kits.
        cache: their sounds.
    """

    split: Split
    infos: tuple[PerformanceInfo, ...]
    kits: tuple[SampleKit, ...]
    cache: OneShotCache


def open_sources(midi_dir: Path, kits_dir: Path, split: Split) -> RenderSources:
    """The performances and kits of one split.

    Kits of ``TEST_KITS`` and ``VALIDATION_KITS`` belong to their splits; all others, also of
    folders that have none of these, are for training. A folder without the kits of a held-out
    split lends all its kits to it.

    Args:
        midi_dir: the Groove MIDI Dataset.
        kits_dir: a folder of sample kits.
        split: "train", "val" or "test".

    Raises:
        DrumscribeError: when either is absent or damaged, or the kits cannot play everything.
    """
    kits = read_kits(kits_dir)
    held_out: dict[Split, tuple[str, ...]] = {"val": VALIDATION_KITS, "test": TEST_KITS}
    if split == "train":
        chosen = [kit for kit in kits if kit.id not in VALIDATION_KITS + TEST_KITS]
    else:
        chosen = [kit for kit in kits if kit.id in held_out[split]] or kits
    if not chosen:
        raise DrumscribeError(f"{kits_dir}: has no kit for the split {split!r}; add some")
    require_complete(chosen)
    infos = read_performances(midi_dir, _MIDI_SPLITS[split])
    return RenderSources(split, tuple(infos), tuple(chosen), OneShotCache(kits_dir))


@dataclass(frozen=True)
class RenderedRecording:
    """A recording with its labels.

    Attributes:
        samples: mono at ``SAMPLE_RATE``, shape (n_samples,), within -1..1.
        events: every hit that can be heard, in the classes of ``LANES8``, in order of time.
        beats: the beats of what is played.
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


class RenderedRecordings:
    """An endless stream of recordings; number ``index`` is always the same.

    Args:
        seed: which stream.
        sources: what recordings are made of.
        config: what they are like.
    """

    def __init__(self, seed: int, sources: RenderSources, config: RenderConfig) -> None:
        self._seed = seed
        self._sources = sources
        self._config = config

    def __getitem__(self, index: int) -> RenderedRecording:
        """Recording number ``index``, from 0 on."""
        if index < 0:
            raise IndexError(index)
        return render_recording((self._seed, index), self._sources, self._config)


def render_recording(
    seed: int | Sequence[int], sources: RenderSources, config: RenderConfig
) -> RenderedRecording:
    """One recording, the same for the same arguments.

    Args:
        seed: chooses everything.
        sources: what it is made of.
        config: what it is like.
    """
    rng = np.random.default_rng(seed)
    duration_s = float(rng.uniform(*config.duration_s))
    n_samples = seconds_to_samples(duration_s)
    score = draw_score(sources.infos, config.playing, config.grooves, rng, duration_s=duration_s)
    hits = _placed(score, config, rng, n_samples)
    grabs_s = score.tempo.seconds(grabbed_counts(score.strokes, config.grooves.grab, rng))
    drumset = assemble_drumset(sources.kits, config.kits, rng)
    bank = SoundBank(drumset, sources.cache)
    mix = mix_hits(
        hits,
        drumset,
        bank,
        n_samples=n_samples,
        rng=rng,
        damped_at=[seconds_to_samples(float(time_s)) for time_s in grabs_s],
    )
    drums, drum_effects = drum_sound(mix.buses, config.effects, rng)
    samples, effects = mastered(drums, config.effects, rng)
    return RenderedRecording(
        samples=samples,
        events=_events(hits, mix.is_audible, n_samples),
        beats=score.beats(duration_s),
        description={
            "kits": drumset.name,
            "performances": " ".join(score.sources),
            "edits": " | ".join(score.edits),
            "effects": ", ".join([*drum_effects, "|", *effects]),
        },
    )


def _placed(
    score: Score, config: RenderConfig, rng: np.random.Generator, n_samples: int
) -> list[PlacedHit]:
    """The strokes on the recording's clock, those that begin inside it, in order of time."""
    jitter_s = rng.uniform(0, config.playing.jitter_s)
    times_s = score.tempo.seconds([stroke.count for stroke in score.strokes])
    times_s = times_s + rng.normal(0, jitter_s, len(times_s))
    last = n_samples - seconds_to_samples(_END_MARGIN_S)
    hits = [
        PlacedHit(seconds_to_samples(float(time_s)), stroke.note, stroke.velocity)
        for time_s, stroke in zip(times_s, score.strokes, strict=True)
        if 0 <= seconds_to_samples(float(time_s)) < last
    ]
    return sorted(hits, key=lambda hit: (hit.start, hit.note))


def _events(
    hits: Sequence[PlacedHit], is_audible: Sequence[bool], n_samples: int
) -> list[DrumEvent]:
    """Labels of the audible hits; hits of one lane within 15 ms are one, the loudest."""
    kept: list[DrumEvent] = []
    last: dict[str, int] = {}
    for hit, audible in zip(hits, is_audible, strict=True):
        if not audible or hit.start >= n_samples:
            continue
        event = DrumEvent(
            samples_to_seconds(hit.start), LANES8.name_by_note[hit.note], hit.velocity
        )
        before = last.get(event.drum)
        if before is not None and event.onset_s - kept[before].onset_s < _SAME_HIT_S:
            if event.velocity > kept[before].velocity:
                kept[before] = DrumEvent(kept[before].onset_s, event.drum, event.velocity)
            continue
        last[event.drum] = len(kept)
        kept.append(event)
    return kept
