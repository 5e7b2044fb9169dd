"""Options of ``drumscribe doctor``."""

from drumscribe.parsers.common import Commands, add_command, add_config


def add_doctor(commands: Commands) -> None:
    """Options of ``drumscribe doctor``."""
    parser = add_command(
        commands, "doctor", "whether this machine can train and transcribe", "checking.doctor"
    )
    add_config(parser)
