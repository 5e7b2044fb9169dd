"""Numbers that people type: refused, by the option that gives them, where they make no sense."""

from drumscribe.utils.errors import DrumscribeError

SEEDS = (0, 2**32 - 1)
"""The least and the greatest seed."""


def require_in_range(option: str, value: float, lowest: float, highest: float) -> None:
    """Refuse a number below ``lowest`` or above ``highest``, and what is no number.

    Args:
        option: what people know it by.
        value: what they gave.
        lowest: the least that is taken.
        highest: the most that is taken.

    Raises:
        DrumscribeError: naming the option.
    """
    if not lowest <= value <= highest:  # nor is NaN
        raise DrumscribeError(f"{option} {value}: must be {lowest:.10g}..{highest:.10g}")
