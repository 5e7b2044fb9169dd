"""A configuration is right or is refused with the key and what is allowed."""

import dataclasses
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.config import (
    Config,
    DataConfig,
    FeatureConfig,
    ModelConfig,
    TrainingConfig,
    load_config,
    save_config,
    section_from_dict,
)
from drumscribe.drums import KITS
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.schema import build

CONFIGS = Path(__file__).parents[1] / "configs"


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def message_of(path: Path | None, overrides: list[str] | None = None) -> str:
    with pytest.raises(DrumscribeError) as info:
        load_config(path, overrides or [])
    message = str(info.value)
    assert "\n" not in message
    return message


def keys_of(section: Any) -> set[str]:
    return {
        f"{name}.{key}" if isinstance(value, dict) else name
        for name, value in section.items()
        for key in (value if isinstance(value, dict) else [""])
    }


def test_without_a_file_the_defaults_hold() -> None:
    assert load_config() == Config()


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "training:\n", "{}"])
def test_a_file_that_sets_nothing_gives_the_defaults(tmp_path: Path, text: str) -> None:
    assert load_config(write(tmp_path, text)) == Config()


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path, "training:\n  batch_size: 8\n  learning_rate: 1e-4\n")
    training = TrainingConfig(batch_size=8, learning_rate=1e-4)
    assert load_config(path) == Config(training=training)


WRONG_FILES = [
    ("trainig: {}", "unknown key trainig; allowed here: data, features, .*training, inference"),
    ("training:\n  batchsize: 8", r"unknown key training\.batchsize; .*batch_size"),
    ("training:\n  batch_size: eight", r"training\.batch_size: must be a whole number >= 1.*eight"),
    ("training:\n  batch_size: 0", r"training\.batch_size: must be a whole number >= 1, got 0"),
    ("training:\n  batch_size: 8.0", r"training\.batch_size: must be a whole number >= 1"),
    ("training:\n  batch_size: true", r"training\.batch_size: must be a whole number >= 1"),
    ("training:\n  batch_size:", r"training\.batch_size: must be a whole number >= 1, got None"),
    ("training:\n  learning_rate: 0", r"training\.learning_rate: must be a number >= "),
    ("training:\n  learning_rate: fast", r"training\.learning_rate: must be a number >= .*fast"),
    ("training:\n  learning_rate: .inf", r"training\.learning_rate: must be a number"),
    ("training:\n  learning_rate: .nan", r"training\.learning_rate: must be a number"),
    ("training:\n  window_s: 0.1", r"training\.window_s: must be a number 0\.5\.\.60, got 0\.1"),
    ("training:\n  precision: fp8", r"training\.precision: must be one of auto, 32-true, .*fp8"),
    ("training:\n  run_name: 7", r"training\.run_name: must be text, got 7"),
    (
        "data:\n  kit: no_such_kit",
        rf"data\.kit: must be one of {', '.join(KITS)}, got 'no_such_kit'",
    ),
    ("data:\n  max_files: 0", r"data\.max_files: must be a whole number >= 1, got 0"),
    ("data: processed", r"data: must be a mapping"),
    (
        "preprocessing:\n  align_labels: maybe",
        r"preprocessing\.align_labels: must be true or false",
    ),
    ("preprocessing:\n  align_labels: 1", r"preprocessing\.align_labels: must be true or false"),
    (
        "preprocessing:\n  max_offset_s: -0.1",
        r"preprocessing\.max_offset_s: .*0\.\.0\.5, got -0\.1",
    ),
    ("features:\n  n_mels: 4", r"features\.n_mels: must be a whole number 8\.\.512, got 4"),
    ("features:\n  f_max_hz: 16000", r"features\.f_max_hz: must be a number 1\.\.11025, got 16000"),
    ("features: {f_min_hz: 500, f_max_hz: 400}", r"features\.f_min_hz: must be below .*400.*500"),
    ("model:\n  conv_channels: 32", r"model\.conv_channels: must be a list, got 32"),
    ("model:\n  conv_channels: [32, x, 64]", r"model\.conv_channels\[1\]: must be a whole number"),
    ("model:\n  conv_channels: [32, 64]", r"model\.frequency_pools: needs one number per block"),
    ("model: {conv_channels: [], frequency_pools: []}", r"model\.frequency_pools: needs one"),
    ("model:\n  lookahead_frames: 4", r"model\.lookahead_frames: .* at most 3, got 4"),
    ("model:\n  lookahead_frames: -1", r"model\.lookahead_frames"),
    ("model:\n  dropout: 1.0", r"model\.dropout: must be a number 0\.\.0\.9, got 1\.0"),
    ("augmentation:\n  noise_floor_db: 0", r"augmentation\.noise_floor_db: .*-80\.\.-10, got 0"),
    (
        "features:\n  range_db: 40",
        r"augmentation\.noise_floor_db: .*features\.range_db.*-40, got -45",
    ),
    ("inference:\n  threshold: 1.5", r"inference\.threshold: must be a number 0\.\.1, got 1\.5"),
    ("- training\n- model", r"must be a mapping of keys to values"),
    ("[]", r"must be a mapping of keys to values"),
    ("just words", r"must be a mapping of keys to values"),
    ("training: {batch_size: 8", r"is not valid YAML"),
    ("training:\n  epochs: 8\n  epochs: 9", r"epochs is given twice .*line 3"),
    ("training:\n\tbatch_size: 8", r"is not valid YAML"),
]


@pytest.mark.parametrize(("text", "expected"), WRONG_FILES, ids=[text for text, _ in WRONG_FILES])
def test_a_wrong_file_is_refused_with_the_key_and_what_is_allowed(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DrumscribeError, match=expected):
        load_config(path)
    assert message_of(path).startswith(f"{path}: ")


def test_a_file_of_random_bytes_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(bytes(range(256)))
    assert message_of(path).startswith(f"{path}: is not valid YAML")


def test_an_absent_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "no such config file" in message_of(tmp_path / "absent.yaml")
    assert "is a folder" in message_of(tmp_path)


def test_every_section_refuses_a_key_it_does_not_know(tmp_path: Path) -> None:
    for name in get_type_hints(Config):
        assert f"unknown key {name}.sped" in message_of(write(tmp_path, f"{name}: {{sped: 1}}"))


def test_a_saved_configuration_loads_as_it_was(tmp_path: Path) -> None:
    config = Config(
        data=DataConfig(root="/mnt/hdd/Größe", kit="articulations12", max_files=100),
        model=ModelConfig(conv_channels=(8, 16), frequency_pools=(4, 2), velocity_head=False),
        training=TrainingConfig(learning_rate=3e-5, precision="16-mixed"),
    )
    path = tmp_path / "deep" / "config.yaml"
    save_config(config, path)
    assert load_config(path) == config
    text = path.read_text(encoding="utf-8")
    save_config(load_config(path), path)
    assert path.read_text(encoding="utf-8") == text


numbers = st.floats(1e-12, 1e12, allow_subnormal=False)


@given(numbers, st.lists(st.integers(1, 512), min_size=1, max_size=6), st.integers(0, 2**31 - 1))
def test_yaml_keeps_every_number(rate: float, channels: list[int], seed: int) -> None:
    config = Config(
        model=ModelConfig(conv_channels=tuple(channels), frequency_pools=(1,) * len(channels)),
        training=TrainingConfig(learning_rate=rate, seed=seed),
    )
    assert build(Config, yaml.safe_load(yaml.safe_dump(config.to_dict())), key="") == config


def test_a_section_saved_in_a_header_comes_back_if_it_is_whole() -> None:
    features = FeatureConfig(n_mels=64, range_db=60)
    saved = dataclasses.asdict(features)
    assert section_from_dict(FeatureConfig, saved, name="features") == features
    for wrong, said in (
        (saved | {"n_mel": 64}, r"unknown key features\.n_mel; allowed here: n_mels"),
        ({"n_mels": 64, "f_max_hz": 11025.0}, r"^features: lacks f_min_hz, range_db$"),
        (None, r"^features: must be a mapping"),
    ):
        with pytest.raises(DrumscribeError, match=said):
            section_from_dict(FeatureConfig, wrong, name="features")


def test_a_saved_section_may_lack_a_key_that_came_later() -> None:
    saved = dataclasses.asdict(FeatureConfig(n_mels=64))
    del saved["range_db"]
    found = section_from_dict(FeatureConfig, saved, name="features", added_later=["range_db"])
    assert found == FeatureConfig(n_mels=64)


def test_overrides_win_over_the_file_and_are_read_as_yaml(tmp_path: Path) -> None:
    path = write(tmp_path, "training: {batch_size: 8, epochs: 3}\n")
    overrides = [
        "training.batch_size=16",
        "model.conv_channels=[4, 8]",
        "model.frequency_pools=[2, 2]",
        "preprocessing.align_labels=false",
        "data.max_files=null",
        "data.root=/mnt/a=b",
        "training.learning_rate=1e-4",
    ]
    config = load_config(path, overrides)
    assert config.training == TrainingConfig(batch_size=16, epochs=3, learning_rate=1e-4)
    assert config.model == ModelConfig(conv_channels=(4, 8), frequency_pools=(2, 2))
    assert config.preprocessing.align_labels is False
    assert config.data == DataConfig(root="/mnt/a=b")


def test_the_last_of_two_overrides_wins() -> None:
    assert load_config(None, ["training.epochs=2", "training.epochs=5"]).training.epochs == 5


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("batch_size=8", r"'batch_size=8' is not section\.key=value, as training\.batch_size=8"),
        ("training.batch_size", r"is not section\.key=value"),
        ("training.=8", r"is not section\.key=value"),
        ("trainig.batch_size=8", r"unknown section 'trainig'; choose one of data, features"),
        ("training.batchsize=8", r"unknown key training\.batchsize; allowed here: .*batch_size"),
        ("training.batch_size=0", r"training\.batch_size: must be a whole number >= 1, got 0"),
        ("training.batch_size=[", r"training\.batch_size: '\[' is not a YAML value"),
    ],
)
def test_a_wrong_override_is_refused(override: str, expected: str) -> None:
    with pytest.raises(DrumscribeError, match=expected):
        load_config(None, [override])
    assert message_of(None, [override]).startswith("--set: ")


def test_paths_follow_the_data_root_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRUMSCRIBE_DATA", raising=False)
    assert DataConfig().root_path == Path("data")
    monkeypatch.setenv("DRUMSCRIBE_DATA", "/mnt/hdd/drums")
    data = load_config().data
    assert data.dataset_path == Path("/mnt/hdd/drums/e-gmd-v1.0.0")
    assert data.processed_path == Path("/mnt/hdd/drums/processed_data")
    assert data.checkpoints_path == Path("/mnt/hdd/drums/checkpoints")
    assert data.logs_path == Path("/mnt/hdd/drums/logs")


def test_an_absolute_folder_stands_for_itself() -> None:
    data = DataConfig(root="/mnt/hdd", dataset_dir="/elsewhere/e-gmd", processed_dir="fast")
    assert data.dataset_path == Path("/elsewhere/e-gmd")
    assert data.processed_path == Path("/mnt/hdd/fast")


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/kim")
    monkeypatch.setenv("USERPROFILE", "/home/kim")
    assert DataConfig(root="~/drums").root_path == Path("/home/kim/drums")


def test_a_saved_configuration_keeps_the_variable_and_not_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRUMSCRIBE_DATA", "/mnt/hdd")
    save_config(load_config(), tmp_path / "config.yaml")
    assert "${DRUMSCRIBE_DATA:-data}" in (tmp_path / "config.yaml").read_text(encoding="utf-8")


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().training.batch_size = 1  # type: ignore[misc]


def test_the_two_files_shipped_spell_out_every_key() -> None:
    every_key = keys_of(Config().to_dict())
    for name in ("default_config.yaml", "test_config.yaml"):
        values = yaml.safe_load((CONFIGS / name).read_text(encoding="utf-8"))
        assert keys_of(values) == every_key, name
        load_config(CONFIGS / name)


def test_the_default_file_says_what_the_dataclasses_say() -> None:
    assert load_config(CONFIGS / "default_config.yaml") == Config()


def test_in_the_default_file_at_most_three_neighbouring_keys_share_a_comment() -> None:
    n_since_comment = 0
    for line in (CONFIGS / "default_config.yaml").read_text(encoding="utf-8").splitlines():
        is_key = line.startswith("  ") and not line.strip().startswith("#")
        n_since_comment = n_since_comment + 1 if is_key else 0
        assert n_since_comment <= 3, line


def test_noise_that_is_switched_off_may_be_of_any_level() -> None:
    config = load_config(None, ["augmentation.noise_probability=0", "features.range_db=40"])
    assert config.features.range_db == 40
