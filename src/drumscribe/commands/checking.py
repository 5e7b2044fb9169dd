"""The machine: ``drumscribe doctor``."""

from argparse import Namespace

from drumscribe.config import load_config


def doctor(arguments: Namespace) -> int:
    """``drumscribe doctor``."""
    config = load_config(arguments.config, arguments.overrides)
    from drumscribe.doctor import can_train, diagnose, report_lines

    checks = diagnose(config)
    print(*report_lines(checks), sep="\n")
    return 0 if can_train(checks) else 1
