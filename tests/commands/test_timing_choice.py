"""Options of tempo and bars."""

import pytest

from drumscribe.commands.timing_choice import tempo_hints
from drumscribe.inference.tempo_hints import TempoHints
from drumscribe.utils.errors import DrumscribeError


@pytest.mark.parametrize(
    ("bpm", "signature", "first", "message"),
    [
        ("fast", None, None, "--bpm fast: must be 10 to 1000"),
        ("0", None, None, "--bpm 0: "),
        ("nan", None, None, "--bpm nan: "),
        (None, "4", None, "--time-signature 4: must be as 4/4"),
        (None, "4/5", None, "--time-signature 4/5: "),
        (None, "0/4", None, "--time-signature 0/4: "),
        (None, "9" * 5000 + "/4", None, "--time-signature 999"),
        (None, None, -1.0, "--first-beat -1.0: must be seconds"),
        (None, None, float("nan"), "--first-beat nan: "),
    ],
)
def test_options_that_make_no_sense_are_named(bpm, signature, first, message):
    with pytest.raises(DrumscribeError) as caught:
        tempo_hints(bpm, signature, first)
    assert str(caught.value).startswith(message)


def test_options_are_hints():
    assert tempo_hints("~98.5", "6/8", 1.5) == TempoHints(98.5, True, (6, 8), 1.5)
    assert tempo_hints(None, None, None) == TempoHints()
