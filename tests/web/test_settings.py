"""Limits that make sense, or one line that names the option."""

import pytest

from drumscribe import cli
from drumscribe.web import serve as serving

WHOLE = ["--workers", "--queue"]
ANY = ["--max-upload-mb", "--max-minutes", "--worker-mb", "--keep-days", "--keep-gb"]


@pytest.mark.parametrize(
    ("option", "value"),
    [(option, value) for option in (*WHOLE, *ANY) for value in ("0", "-1")]
    + [(option, value) for option in ANY for value in ("nan", "inf")],
)
def test_a_limit_that_makes_no_sense_is_refused_by_its_option(option, value, monkeypatch, capsys):
    monkeypatch.setattr(serving, "serve", lambda *_, **__: pytest.fail("is served"))
    assert cli.main(["studio", option, value]) == 1
    assert capsys.readouterr().err == f"drumscribe: {option} {value}: must be a number above 0\n"
