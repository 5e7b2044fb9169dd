"""YAML that somebody wrote."""

from typing import TYPE_CHECKING, Any

from drumscribe.utils.errors import DrumscribeError

if TYPE_CHECKING:
    import yaml


def parse_yaml(text: str) -> Any:
    """The plain values of ``text``; no objects are made, whatever it asks for.

    Raises:
        DrumscribeError: saying why it is not YAML, or which key it gives twice; the caller names
            the file.
    """
    import yaml

    try:
        return _loader(text).get_single_data()
    except RecursionError:
        raise DrumscribeError("is not valid YAML (nested too deep); mend it") from None
    except (yaml.YAMLError, ValueError, ArithmeticError) as error:  # 2001-99-99 is a ValueError
        reason = " ".join(str(error).split())
        raise DrumscribeError(f"is not valid YAML ({reason}); mend it") from error


def _loader(text: str) -> "yaml.SafeLoader":
    """A safe loader that refuses a key given twice, of which the last alone would count."""
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen: set[str] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        problem = f"{key.value} is given twice"
                        raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
                    seen.add(key.value)
            return super().construct_mapping(node, deep)

    return Loader(text)
