"""Whether a training run may begin or go on, and which weights it starts from."""

import dataclasses
from pathlib import Path

from drumscribe.config import Config, ModelConfig, load_config
from drumscribe.models.checkpoint import load_checkpoint
from drumscribe.models.header import ModelHeader
from drumscribe.training.lit_module import DrumLitModule
from drumscribe.utils.environment import expanded_path
from drumscribe.utils.errors import DrumscribeError

BEST_NAME = "best_model"
LAST_NAME = "last"

_MAY_CHANGE = {
    "run_name",
    "epochs",
    "n_workers",
    "early_stopping_patience",
    "validation_hours",
    "accelerator",
    "precision",
    "compile",
    "checkpoint_minutes",
}
"""Keys of ``training`` with which a run may be resumed anew: they leave the batches as they were.

Another number of epochs stretches the cosine of the learning rate, which then makes a step.
"""

_MUST_STAY = {"peak_window_s", "min_gap_s"}
"""Keys of ``inference`` that go into the checkpoint, as its thresholds are tuned with them."""

_STORE_KEY = "training_store"
"""What a checkpoint's provenance calls the fingerprint of the features it was trained on."""


def check_run(config: Config, run_dir: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse to go on from nothing, or otherwise than the run began, or to lose an earlier run.

    Raises:
        DrumscribeError: with what to do instead.
    """
    last_path = run_dir / f"{LAST_NAME}.ckpt"
    if resume and not last_path.is_file():
        raise DrumscribeError(f"{last_path}: nothing to resume; run without --resume")
    if any(path.exists() for path in _checkpoints(run_dir)) and not resume and not overwrite:
        raise DrumscribeError(
            f"{run_dir}: has checkpoints of an earlier run; add --resume to go on, --overwrite to "
            "start again, or --set training.run_name=NAME"
        )
    if resume:
        _require_same_settings(config, run_dir / "config.yaml")


def clear_run(run_dir: Path, log_dir: Path) -> None:
    """Delete what an earlier run left behind; its curves would be drawn into the new one's."""
    leftovers = [*_checkpoints(run_dir), run_dir / "thresholds.yaml"]
    for path in [*leftovers, *log_dir.glob("events.out.tfevents.*")]:
        path.unlink(missing_ok=True)


def prepare_weights(
    module: DrumLitModule, config: Config, store_fingerprint: str, resume_from: Path | None
) -> None:
    """Check what will be resumed, or start from the weights that the configuration names.

    Args:
        module: gets the weights, and in its header a note of the store; where a run is resumed,
            also what its last validation found.
        config: the configuration.
        store_fingerprint: that of the features to train on.
        resume_from: the run's ``last.ckpt``, whose weights come with its other state; ``None``
            starts anew.

    Raises:
        DrumscribeError: when the weights are of another model, kit, features or store.
    """
    module.header.provenance[_STORE_KEY] = store_fingerprint
    if resume_from is not None:
        resumed = _resumable_header(resume_from, config, store_fingerprint)
        module.header = dataclasses.replace(
            module.header,
            thresholds=resumed.thresholds,
            calibration=resumed.calibration,
            provenance=resumed.provenance | module.header.provenance,
        )
    elif config.training.initial_checkpoint is not None:
        _start_from(expanded_path(config.training.initial_checkpoint), module, config)


def _checkpoints(run_dir: Path) -> list[Path]:
    """What a run writes; whatever else lies in its folder is the user's."""
    return [run_dir / f"{name}.ckpt" for name in (BEST_NAME, LAST_NAME)]


def _require_same_settings(config: Config, path: Path) -> None:
    """Refuse to go on with other settings than those the run began with, written at ``path``."""
    begun = load_config(path)
    changed = [
        f"{section}.{key.name} (was {before}, now {after})"
        for section in ("training", "augmentation", "inference")
        for key in dataclasses.fields(getattr(config, section))
        if (before := getattr(getattr(begun, section), key.name))
        != (after := getattr(getattr(config, section), key.name))
        and not (section == "training" and key.name in _MAY_CHANGE)
        and (section != "inference" or key.name in _MUST_STAY)
    ]
    if changed:
        raise DrumscribeError(
            f"{path}: the run began with other settings: {', '.join(changed)}; resume with this "
            "file as --config, or start again with --overwrite"
        )


def _resumable_header(path: Path, config: Config, store_fingerprint: str) -> ModelHeader:
    """What a checkpoint to go on from says of itself; refused when it is of other material."""
    header = load_checkpoint(path, device="cpu").header
    if _differences(header, config, config.model):
        raise DrumscribeError(
            f"{path}: has another model, kit or features than this configuration; use the "
            "config.yaml beside it, or start again with --overwrite"
        )
    # Checkpoints from before this was noted are believed.
    if header.provenance.get(_STORE_KEY, store_fingerprint) != store_fingerprint:
        raise DrumscribeError(
            f"{path}: was trained on other features than {config.data.processed_path} holds; "
            "set data.processed_dir to theirs, or start again with --overwrite"
        )
    return header


def _start_from(path: Path, module: DrumLitModule, config: Config) -> None:
    """Take over a checkpoint's weights; a causal network takes the forward half of another's."""
    model = load_checkpoint(path, device="cpu")
    has, weights = model.header.model, model.network.state_dict()
    wanted = dataclasses.replace(config.model, dropout=has.dropout)  # which has no weights
    takes_half = has.lookahead_frames is None and wanted.lookahead_frames is not None
    if takes_half:
        wanted = dataclasses.replace(wanted, lookahead_frames=None)
    if differences := _differences(model.header, config, wanted):
        raise DrumscribeError(
            f"{path}: has another model, kit or features than this configuration: "
            f"{', '.join(differences)}; set these so, or another training.initial_checkpoint"
        )
    if takes_half:
        module.model.load_forward_half(weights)
    else:
        module.model.load_state_dict(weights)


def _differences(header: ModelHeader, config: Config, network: ModelConfig) -> list[str]:
    """The settings that a model has otherwise than a configuration with ``network`` wants them."""
    return [
        f"{section}.{key} (has {has}, not {wants})"
        for section, found, wanted in (
            ("model", dataclasses.asdict(header.model), dataclasses.asdict(network)),
            ("features", dataclasses.asdict(header.features), dataclasses.asdict(config.features)),
            ("data", {"kit": header.kit.name}, {"kit": config.data.kit}),
        )
        for key, has in found.items()
        if has != (wants := wanted[key])
    ]
