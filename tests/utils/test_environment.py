"""Environment variables in what a user wrote."""

import pytest

from drumscribe.utils.environment import expand_environment
from drumscribe.utils.errors import DrumscribeError


def test_variables_are_expanded_with_their_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISK", "/mnt/hdd")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("ABSENT", raising=False)
    assert expand_environment("${DISK}/a/${ABSENT:-b}/${EMPTY:-c}") == "/mnt/hdd/a/b/c"
    assert expand_environment("${ABSENT:-}x") == "x"
    assert expand_environment("no $DISK {here}") == "no $DISK {here}"


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ABSENT", raising=False)
    with pytest.raises(
        DrumscribeError, match=r"variable ABSENT \(in '\$\{ABSENT\}/a'\) is not set"
    ):
        expand_environment("${ABSENT}/a")
