"""The configuration: frozen dataclasses, checked when loaded.

A YAML file has one section per dataclass. An unknown key, a wrong type or a value out of range
is an error that names the key and what is allowed. Field types carry their ranges
(``Annotated[int, Range]``), so a rule is written once and the message follows from it. Paths may
use ``${NAME}`` and ``${NAME:-default}`` from the environment.
"""

import dataclasses
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast, get_type_hints

from drumscribe.drums import KITS, LANES8
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.environment import expanded_path
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import require_file, write_text
from drumscribe.utils.schema import Range, build, plain, shortened
from drumscribe.utils.yaml_text import parse_yaml

T = TypeVar("T")

Probability = Annotated[float, Range(0, 1)]
Positive = Annotated[float, Range(1e-12)]
NonNegative = Annotated[float, Range(0)]
Count = Annotated[int, Range(1)]


@dataclass(frozen=True)
class DataConfig:
    """Where data lies and how much of it is used."""

    root: str = "${DRUMSCRIBE_DATA:-data}"
    dataset_dir: str = "e-gmd-v1.0.0"
    processed_dir: str = "processed_data"
    kit: str = LANES8.name
    max_files: Count | None = None

    def __post_init__(self) -> None:
        if self.kit not in KITS:
            raise DrumscribeError(
                f"data.kit: must be one of {', '.join(KITS)}, got {shortened(self.kit)}"
            )

    @property
    def root_path(self) -> Path:
        """The data root with environment variables and ``~`` expanded."""
        return expanded_path(self.root)

    @property
    def dataset_path(self) -> Path:
        """The folder that holds E-GMD's csv."""
        return self.root_path / expanded_path(self.dataset_dir)

    @property
    def processed_path(self) -> Path:
        """The folder that preprocessing writes and training reads."""
        return self.root_path / expanded_path(self.processed_dir)

    @property
    def checkpoints_path(self) -> Path:
        """The folder with one folder of checkpoints per run."""
        return self.root_path / "checkpoints"

    @property
    def logs_path(self) -> Path:
        """The folder with one folder of TensorBoard logs per run."""
        return self.root_path / "logs"


@dataclass(frozen=True)
class FeatureConfig:
    """The log-mel spectrogram; the clock (rate, hop, window) is fixed in ``timing.py``."""

    n_mels: Annotated[int, Range(8, 512)] = 128
    f_min_hz: NonNegative = 30.0
    f_max_hz: Annotated[float, Range(1, SAMPLE_RATE / 2)] = 11025.0
    range_db: Annotated[float, Range(20, 120)] = 80.0

    def __post_init__(self) -> None:
        if self.f_min_hz >= self.f_max_hz:
            raise DrumscribeError(
                f"features.f_min_hz: must be below features.f_max_hz ({self.f_max_hz:g}), "
                f"got {self.f_min_hz:g}"
            )


@dataclass(frozen=True)
class PreprocessingConfig:
    """From E-GMD to the feature store."""

    shard_hours: Annotated[float, Range(0.001, 24)] = 1.0
    n_workers: Annotated[int, Range(0, 256)] = 0
    align_labels: bool = True
    max_offset_s: Annotated[float, Range(0, 0.5)] = 0.1
    min_alignment_confidence: Probability = 0.2


@dataclass(frozen=True)
class ModelConfig:
    """The size of the CRNN; pooling is over frequency only, time is never pooled."""

    conv_channels: tuple[Count, ...] = (32, 64, 128)
    frequency_pools: tuple[Count, ...] = (2, 2, 2)
    gru_units: Count = 128
    gru_layers: Count = 2
    dropout: Annotated[float, Range(0, 0.9)] = 0.3
    velocity_head: bool = True
    beat_head: bool = True
    lookahead_frames: Annotated[int, Range(0, 64)] | None = None

    def __post_init__(self) -> None:
        if not self.conv_channels or len(self.conv_channels) != len(self.frequency_pools):
            raise DrumscribeError(
                "model.frequency_pools: needs one number per block of model.conv_channels, got "
                f"{len(self.frequency_pools)} for {len(self.conv_channels)} blocks"
            )
        if self.lookahead_frames is not None and self.lookahead_frames > len(self.conv_channels):
            raise DrumscribeError(
                "model.lookahead_frames: each block of model.conv_channels hears one frame ahead, "
                f"so at most {len(self.conv_channels)}, got {self.lookahead_frames}"
            )

    @property
    def context_frames(self) -> int:
        """How many more frames than it answers a causal network is fed; 0 for the others."""
        return 0 if self.lookahead_frames is None else 2 * len(self.conv_channels)


@dataclass(frozen=True)
class AugmentationConfig:
    """Changes made to log-mel windows while training; 0 switches one off."""

    gain_db: NonNegative = 6.0
    tilt_db: NonNegative = 6.0
    eq_db: NonNegative = 4.0
    noise_probability: Probability = 0.2
    noise_floor_db: Annotated[float, Range(-80, -10)] = -45.0
    frequency_shift_bins: Annotated[int, Range(0, 16)] = 1
    n_time_masks: Annotated[int, Range(0, 16)] = 1
    time_mask_s: NonNegative = 0.1
    n_frequency_masks: Annotated[int, Range(0, 16)] = 1
    frequency_mask_bins: Annotated[int, Range(0, 64)] = 8
    mixup_probability: Probability = 0.1


@dataclass(frozen=True)
class TrainingConfig:
    """Fitting the network."""

    run_name: str = "egmd"
    seed: Annotated[int, Range(0, 2**31 - 1)] = 1
    initial_checkpoint: str | None = None
    epochs: Count = 40
    batch_size: Count = 32
    accumulate_batches: Annotated[int, Range(1, 1024)] = 1
    window_s: Annotated[float, Range(0.5, 60)] = 5.0
    shuffle_shards: Count = 4
    reading: Literal["sequential", "random"] = "sequential"
    n_workers: Annotated[int, Range(0, 64)] = 2
    learning_rate: Positive = 1e-3
    weight_decay: NonNegative = 1e-4
    warmup_steps: Annotated[int, Range(0)] = 500
    schedule: Literal["cosine", "constant"] = "cosine"
    gradient_clip: Positive = 1.0
    ema_decay: Annotated[float, Range(0, 0.99999)] = 0.999
    neighbour_target: Probability = 0.5
    early_target: bool = True
    class_weighting: Probability = 0.5
    positive_weight: Positive = 2.0
    velocity_loss_weight: NonNegative = 0.5
    beat_loss_weight: NonNegative = 0.2
    early_stopping_patience: Count = 8
    validation_hours: Positive = 2.0
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    devices: Annotated[int, Range(1, 64)] = 1
    n_nodes: Annotated[int, Range(1, 1024)] = 1
    precision: Literal["auto", "32-true", "16-mixed", "bf16-mixed"] = "auto"
    compile: bool = False
    checkpoint_minutes: Positive = 10.0

    @property
    def n_processes(self) -> int:
        """Processes that train together: one for each device of each machine."""
        return self.devices * self.n_nodes

    def __post_init__(self) -> None:
        # The name becomes a folder: nothing in it may lead out of the place for runs.
        if not re.fullmatch(r"\w[\w.-]*", self.run_name):
            raise DrumscribeError(
                "training.run_name: must be letters, digits, '.', '-' and '_', "
                f"got {self.run_name!r}"
            )


PeakWindow = Annotated[float, Range(0, 0.2)]
Gap = Annotated[float, Range(0, 1)]


@dataclass(frozen=True)
class PeakPickingConfig:
    """What is one hit: settings that belong to a model, as its thresholds are tuned with them."""

    peak_window_s: PeakWindow = 0.02
    min_gap_s: Gap = 0.03


@dataclass(frozen=True)
class InferenceConfig:
    """Cutting recordings into chunks and picking onsets from activations.

    ``peak_window_s`` and ``min_gap_s`` replace the model's own where they are not ``None``.
    """

    chunk_s: Annotated[float, Range(1, 600)] = 20.0
    border_s: Annotated[float, Range(0, 10)] = 1.0
    threshold: Probability = 0.5
    peak_window_s: PeakWindow | None = None
    min_gap_s: Gap | None = None

    def peak_picking(self, own: PeakPickingConfig) -> PeakPickingConfig:
        """A model's ``own`` settings with those that are set here in their place."""
        window_s, gap_s = self.peak_window_s, self.min_gap_s
        return PeakPickingConfig(
            own.peak_window_s if window_s is None else window_s,
            own.min_gap_s if gap_s is None else gap_s,
        )


@dataclass(frozen=True)
class Config:
    """The whole configuration, one attribute per section of the YAML file."""

    data: DataConfig = field(default_factory=DataConfig)
    features: FeatureConfig = field(default_factory=FeatureConfig)
    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    inference: InferenceConfig = field(default_factory=InferenceConfig)

    def __post_init__(self) -> None:
        loudest_db, range_db = self.augmentation.noise_floor_db, self.features.range_db
        if self.augmentation.noise_probability and loudest_db < -range_db:
            raise DrumscribeError(
                "augmentation.noise_floor_db: noise must be within features.range_db, so at least "
                f"{-range_db:g}, got {loudest_db:g}"
            )

    def to_dict(self) -> dict[str, Any]:
        """The configuration as plain dicts, lists, numbers and strings."""
        return cast(dict[str, Any], plain(dataclasses.asdict(self)))


def load_config(path: Path | None = None, overrides: Iterable[str] = ()) -> Config:
    """The configuration of ``path`` (defaults where it is silent) with ``overrides`` on top.

    Args:
        path: a YAML file; ``None`` for the defaults alone.
        overrides: ``section.key=value`` strings; the value is read as YAML.

    Raises:
        DrumscribeError: naming the file and key that is wrong, and what is allowed.
    """
    values: Any = {}
    source = "--set"
    if path is not None:
        source = str(path)
        text = require_file(path, what="config file").read_text(encoding="utf-8", errors="replace")
    try:
        if path is not None:
            loaded = parse_yaml(text)
            values = {} if loaded is None else loaded
        config = build(Config, values, key="")
        merged = config.to_dict()
        for override in overrides:
            source = "--set"
            _apply_override(merged, override)
        return build(Config, merged, key="")
    except DrumscribeError as error:
        raise DrumscribeError(f"{source}: {error}") from None


def section_from_dict(
    section: type[T], values: Any, *, name: str, added_later: Collection[str] = ()
) -> T:
    """The configuration section that was saved, whole, as plain values.

    Args:
        section: its dataclass.
        values: what was saved.
        name: what it is called, for messages.
        added_later: keys that it may lack, as there were none when older ones were saved; they get
            their defaults.

    Raises:
        DrumscribeError: as ``load_config``, and for any other key that is absent.
    """
    built = build(section, values, key=name)
    missing = get_type_hints(section).keys() - values.keys() - set(added_later)
    if missing:
        raise DrumscribeError(f"{name}: lacks {', '.join(sorted(missing))}")
    return built


def save_config(config: Config, path: Path) -> None:
    """Write the resolved configuration as YAML, whole or not at all."""
    import yaml

    write_text(path, yaml.safe_dump(config.to_dict(), sort_keys=False))


def _apply_override(values: dict[str, Any], override: str) -> None:
    """Put ``section.key=value`` into nested ``values``."""
    name, equals, text = override.partition("=")
    section, dot, key = name.strip().partition(".")
    if not (equals and dot and key):
        raise DrumscribeError(f"{override!r} is not section.key=value, as training.batch_size=8")
    if section not in values:
        raise DrumscribeError(f"unknown section {section!r}; choose one of {', '.join(values)}")
    try:
        values[section][key] = parse_yaml(text)
    except DrumscribeError as error:
        raise DrumscribeError(f"{name}: {text!r} is not a YAML value") from error
