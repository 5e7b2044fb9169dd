"""Training: the bare network's step against what the loader delivers, on the CPU."""

import itertools
import time

import torch
from torch.utils.data import ChainDataset, DataLoader

from benchmarks.machine import temporary_folder
from benchmarks.material import write_recordings
from drumscribe.config import load_config
from drumscribe.data.data_module import DrumDataModule
from drumscribe.data.dataset import Batch, WindowDataset
from drumscribe.data.feature_store import opened_split, outline
from drumscribe.data.preprocess import preprocess
from drumscribe.models.crnn import DrumCRNN
from drumscribe.training.lit_module import DrumLitModule
from drumscribe.training.losses import drum_losses

_N_RECORDINGS = 240
_QUICK_N_RECORDINGS = 12
_QUICK_BATCH_SIZE = 4
_SHARD_HOURS = 0.05  # so small that the epoch has several blocks to read ahead, as E-GMD's have
_N_BATCHES, _N_EPOCHS, _N_ROUNDS = 3, 5, 3
_TIMES_FASTER = 5  # a loader so much faster than the step never makes a GPU wait


def lines(*, quick: bool) -> list[str]:
    """The benchmark as rows of a Markdown table."""
    with temporary_folder() as folder:
        settings = [
            f"data.root={folder}",
            "preprocessing.n_workers=1",
            f"preprocessing.shard_hours={_SHARD_HOURS}",
        ]
        if quick:
            settings.append(f"training.batch_size={_QUICK_BATCH_SIZE}")
        config = load_config(None, settings)
        n_recordings = _QUICK_N_RECORDINGS if quick else _N_RECORDINGS
        write_recordings(config.data.dataset_path, n_recordings, length_s=35.0)
        preprocess(config)
        data = DrumDataModule(config)
        module = DrumLitModule(config, data.read_header(), data.count_hits(), n_steps=1)
        with opened_split(config.data.processed_path / "train") as shards:
            split = outline(shards)
        dataset = WindowDataset(split, config.training, config.augmentation)
        taken = list(itertools.islice(dataset, _N_BATCHES))
        loader_s = min(_loader_s(dataset) for _ in range(_N_ROUNDS))
    step_s = min(_step_s(module, batch) for batch in taken)
    network_s = min(_network_s(module.model, batch) for batch in taken)
    size = config.training.batch_size
    return [
        f"Batches of {size} windows of {config.training.window_s:g} s, the default network.",
        "",
        "| what | a batch | windows a second |",
        "| --- | --- | --- |",
        f"| loader, one process | {1000 * loader_s:.0f} ms | {size / loader_s:.0f} |",
        f"| network, forward and back | {1000 * network_s:.0f} ms | {size / network_s:.0f} |",
        f"| whole training step | {1000 * step_s:.0f} ms | {size / step_s:.0f} |",
        "",
        f"One loader process delivers {step_s / loader_s:.0f} times what this machine's training "
        f"takes. Two of them are {_TIMES_FASTER} times as fast as a GPU whose step takes "
        f"{1000 * _TIMES_FASTER * loader_s / 2:.0f} ms.",
    ]


def _loader_s(dataset: WindowDataset) -> float:
    """Seconds from batch to batch as a process delivers them, the way to this one included."""
    epochs = ChainDataset([dataset] * _N_EPOCHS)
    loader = DataLoader(epochs, batch_size=None, num_workers=1, multiprocessing_context="spawn")
    batches = iter(loader)
    for _ in range(dataset.n_batches):  # the first epoch, for which the process had to start
        next(batches)
    started = time.perf_counter()
    n_batches = sum(1 for _ in batches)
    return (time.perf_counter() - started) / n_batches


def _network_s(network: DrumCRNN, batch: Batch) -> float:
    """Seconds of a pass forward and back."""
    started = time.perf_counter()
    sum(head.mean() for head in network(batch["log_mel"]) if head is not None).backward()
    return time.perf_counter() - started


def _step_s(module: DrumLitModule, batch: Batch) -> float:
    """Seconds of a step with loss and optimiser."""
    optimiser = torch.optim.AdamW(module.model.parameters())
    weights = module.get_buffer("class_weights")
    started = time.perf_counter()
    losses = drum_losses(module.model(batch["log_mel"]), batch, weights, module._config.training)
    losses["loss"].backward()
    optimiser.step()
    return time.perf_counter() - started
