"""YAML that somebody wrote."""

from typing import Any

from drumscribe.utils.errors import DrumscribeError


def parse_yaml(text: str) -> Any:
    """The plain values of ``text``; no objects are made, whatever it asks for.

    Raises:
        DrumscribeError: saying why it is not YAML; the caller names the file.
    """
    import yaml

    try:
        return yaml.safe_load(text)
    except RecursionError:
        raise DrumscribeError("is not valid YAML (nested too deep); mend it") from None
    except (yaml.YAMLError, ValueError, ArithmeticError) as error:  # 2001-99-99 is a ValueError
        reason = " ".join(str(error).split())
        raise DrumscribeError(f"is not valid YAML ({reason}); mend it") from error
