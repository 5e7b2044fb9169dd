"""What recordings are made of, split by split: performances and kits that no other split has."""

import logging
from dataclasses import dataclass
from pathlib import Path

from drumscribe.data.egmd_csv import EGMD_NAME_BY_SPLIT
from drumscribe.data.render.backing import NOTHING_RECORDED, AccompanimentSources
from drumscribe.data.render.drumset import require_complete
from drumscribe.data.render.performances import PerformanceInfo, read_performances
from drumscribe.data.render.recorded_voices import RecordedVoices
from drumscribe.data.render.sample_kits import (
    OneShotCache,
    SampleKit,
    folder_reader,
    read_kits,
)
from drumscribe.data.render.soundfont import SoundFont
from drumscribe.data.render.soundfont_kits import (
    is_soundfont,
    soundfont_kits,
    soundfont_reader,
)
from drumscribe.splits import Split
from drumscribe.utils.errors import DrumscribeError

logger = logging.getLogger(__name__)

ENGINE_VERSION = 7
"""Raised when the same seed and configuration give another sound."""

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

_HELD_OUT: dict[Split, tuple[str, ...]] = {"val": VALIDATION_KITS, "test": TEST_KITS}


@dataclass(frozen=True)
class RenderSources:
    """What recordings are made of.

    Attributes:
        split: which performances and kits these are.
        infos: the performances.
        kits: the kits.
        shares_kits: whether the kits are also trained on, for want of ones that are held out.
        cache: their sounds.
        recorded: instruments and voices for accompaniment.
    """

    split: Split
    infos: tuple[PerformanceInfo, ...]
    kits: tuple[SampleKit, ...]
    shares_kits: bool
    cache: OneShotCache
    recorded: AccompanimentSources = NOTHING_RECORDED

    def content(self) -> dict[str, object]:
        """What decides how performances on the kits sound, as JSON can hold it."""
        return {
            "engine": ENGINE_VERSION,
            "split": self.split,
            "performances": [info.id for info in self.infos],
            "kits": [_kit_content(kit) for kit in self.kits],
            "shares_kits": self.shares_kits,
        }

    def warn_if_shared(self) -> None:
        """Tell the user where figures of this split will flatter."""
        if self.shares_kits:
            logger.warning(
                "no kit is held out for the split %r: it is played on kits that are trained on, "
                "and scores on it will be too good",
                self.split,
            )


def open_sources(
    midi_dir: Path,
    kits_dir: Path,
    split: Split,
    soundfont: Path | None = None,
    voices_dir: Path | None = None,
) -> RenderSources:
    """The performances and kits of one split.

    Kits of ``TEST_KITS`` and ``VALIDATION_KITS`` belong to their splits, all others to training. In
    a folder that has none of a held-out split's kits, all kits play for that split.

    Args:
        midi_dir: the Groove MIDI Dataset.
        kits_dir: a folder of sample kits, or an .sf2 file whose drum sets are the kits.
        split: which.
        soundfont: a General MIDI .sf2 file to take accompaniment's instruments from.
        voices_dir: a folder of recorded voices that sing to it.

    Raises:
        DrumscribeError: when either is absent or damaged, or the kits cannot play everything.
    """
    kits, cache = _kits(kits_dir)
    own = [kit for kit in kits if _split_of(kit) == split]
    shares_kits = not own and split != "train"
    chosen = kits if shares_kits else own
    if not chosen:
        raise DrumscribeError(f"{kits_dir}: has no kit for the split {split!r}; add some")
    require_complete(chosen)
    infos = read_performances(midi_dir, EGMD_NAME_BY_SPLIT[split])
    recorded = AccompanimentSources(
        SoundFont(soundfont) if soundfont is not None else None,
        RecordedVoices(voices_dir) if voices_dir is not None else None,
    )
    return RenderSources(split, tuple(infos), tuple(chosen), shares_kits, cache, recorded)


def _kit_content(kit: SampleKit) -> dict[str, object]:
    """A kit in the words of its index, which the fingerprints of stores are made of."""
    notes = {
        note: [{"low": layer.low, "high": layer.high, "files": layer.sounds} for layer in layers]
        for note, layers in kit.notes.items()
    }
    return {"id": kit.id, "kind": kit.kind, "notes": notes}


def _split_of(kit: SampleKit) -> Split:
    return next((split for split, ids in _HELD_OUT.items() if kit.id in ids), "train")


def _kits(source: Path) -> tuple[list[SampleKit], OneShotCache]:
    """The kits of a folder or a SoundFont, and their sounds."""
    if is_soundfont(source):
        font = SoundFont(source)
        return soundfont_kits(font, source.stem), OneShotCache(soundfont_reader(font, source.stem))
    return read_kits(source), OneShotCache(folder_reader(source))
