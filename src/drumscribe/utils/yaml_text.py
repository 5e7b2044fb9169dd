"""YAML that somebody wrote."""

from typing import Any

from drumscribe.utils.errors import DrumscribeError


def parse_yaml(text: str, quality: str = "valid") -> Any:
    """The plain values of ``text``; no objects are made, whatever it asks for.

    Args:
        text: the YAML.
        quality: what it is not, in the message when it cannot be read.

    Raises:
        DrumscribeError: saying why it is not YAML; the caller names the file.
    """
    import yaml

    try:
        return yaml.safe_load(text)
    except RecursionError:
        raise DrumscribeError(f"is not {quality} YAML (nested too deep); mend it") from None
    except (yaml.YAMLError, ValueError, ArithmeticError) as error:  # 2001-99-99 is a ValueError
        reason = " ".join(str(error).split())
        raise DrumscribeError(f"is not {quality} YAML ({reason}); mend it") from error
