"""Options of ``drumscribe train``."""

from drumscribe.parsers.common import Commands, add_command, add_config


def add_train(commands: Commands) -> None:
    """Options of ``drumscribe train``."""
    parser = add_command(commands, "train", "train a model on the features", "training.train")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--resume", action="store_true", help="go on from the run's last.ckpt")
    start.add_argument(
        "--overwrite", action="store_true", help="start again although the run has checkpoints"
    )
    add_config(parser)
