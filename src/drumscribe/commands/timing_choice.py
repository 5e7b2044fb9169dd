"""What a command's options say of tempo, bars and the grid."""

import math
from argparse import Namespace

from drumscribe.commands.unused_options import require_unused
from drumscribe.inference.tempo_hints import BPM_RANGE, DENOMINATORS, NUMERATORS, TempoHints
from drumscribe.transcribe_files import TimingOptions
from drumscribe.utils.errors import DrumscribeError


def timing_options(arguments: Namespace) -> TimingOptions:
    """The options of ``--bpm``, ``--time-signature``, ``--first-beat`` and ``--quantize``.

    Raises:
        DrumscribeError: when one of them makes no sense.
    """
    hints = tempo_hints(arguments.bpm, arguments.time_signature, arguments.first_beat)
    if not 0 <= arguments.quantize_strength <= 1:
        raise DrumscribeError(f"--quantize-strength {arguments.quantize_strength:g}: must be 0..1")
    if arguments.quantize is None:
        require_unused(arguments, ["quantize_strength"], "there is no --quantize")
    return TimingOptions(hints, arguments.quantize, arguments.quantize_strength)


def tempo_hints(
    bpm: str | None, time_signature: str | None, first_beat_s: float | None
) -> TempoHints:
    """The hints that options give.

    Args:
        bpm: "120" for a constant tempo, "~120" for a drummer to follow about there.
        time_signature: "6/8".
        first_beat_s: time of a downbeat in seconds.

    Raises:
        DrumscribeError: naming the option that makes no sense.
    """
    if first_beat_s is not None and not (math.isfinite(first_beat_s) and first_beat_s >= 0):
        raise DrumscribeError(f"--first-beat {first_beat_s}: must be seconds from the start, >= 0")
    follows_drummer = bpm is not None and bpm.strip().startswith("~")
    return TempoHints(
        None if bpm is None else _bpm(bpm),
        follows_drummer,
        None if time_signature is None else _time_signature(time_signature),
        first_beat_s,
    )


def _bpm(text: str) -> float:
    try:
        value = float(text.strip().removeprefix("~"))
    except ValueError:
        value = math.nan
    if not BPM_RANGE[0] <= value <= BPM_RANGE[1]:
        raise DrumscribeError(
            f"--bpm {text}: must be {BPM_RANGE[0]:g} to {BPM_RANGE[1]:g} beats a minute, as 120, "
            "or ~120 to follow a drummer"
        )
    return value


def _time_signature(text: str) -> tuple[int, int]:
    before, _, after = text.partition("/")
    try:
        numerator, denominator = int(before), int(after)
    except ValueError:  # also of thousands of digits
        numerator = denominator = 0
    if numerator not in NUMERATORS or denominator not in DENOMINATORS:
        raise DrumscribeError(
            f"--time-signature {text}: must be as 4/4, 3/4 or 6/8, at most {NUMERATORS[-1]} counts"
        )
    return numerator, denominator
