"""What a command's options say of tempo, bars and the grid."""

from argparse import Namespace

from drumscribe.inference.tempo_hints import tempo_hints
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
    return TimingOptions(hints, arguments.quantize, arguments.quantize_strength)
