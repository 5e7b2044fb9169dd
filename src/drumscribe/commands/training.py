"""From features to a model: ``drumscribe train``."""

from argparse import Namespace

from drumscribe.commands.model_choice import limit_threads
from drumscribe.config import load_config
from drumscribe.data.shard_format import require_shards


def train(arguments: Namespace) -> int:
    """``drumscribe train``."""
    config = load_config(arguments.config, arguments.overrides)
    require_shards(config.data.processed_path / "train")
    limit_threads(config.training.n_workers)
    from drumscribe.training.fit import fit

    result = fit(config, resume=arguments.resume, overwrite=arguments.overwrite)
    print(f"{result.best_path}: onset F1 {result.best_score:.4f} on the validation split")
    return 0
