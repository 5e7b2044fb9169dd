"""The network: convolutions over time and frequency, then recurrence over time.

Letters: B batch, T frames, F mel bands, C drum classes, K channels, U GRU units. Pooling is over
frequency only, so ``T_out == T_in``: one decision per frame of the clock.

With ``lookahead_frames`` the network is causal but for so many frames: silence is put before and
after the input once, the convolutions pad nothing in time, and the GRU runs forward alone. Fed
``ModelConfig.context_frames`` more frames than it answers, the first of them heard before, and the
GRU's state, it goes on where it stopped.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from drumscribe.config import ModelConfig
from drumscribe.models.frame_model import N_BEAT_CLASSES
from drumscribe.utils.errors import DrumscribeError


class Logits(NamedTuple):
    """What the network says about a batch, before the sigmoid.

    Attributes:
        onset: shape (B, T, C).
        velocity: shape (B, T, C), or ``None`` without that head.
        beat: shape (B, T, 2), or ``None`` without that head.
    """

    onset: Tensor
    velocity: Tensor | None
    beat: Tensor | None


class DrumCRNN(nn.Module):
    """Convolution blocks, a GRU (bidirectional unless causal) and one linear head per question.

    Args:
        config: the sizes.
        n_mels: F.
        n_classes: C.

    Raises:
        DrumscribeError: when the pooling leaves no band.
    """

    def __init__(self, config: ModelConfig, *, n_mels: int, n_classes: int) -> None:
        super().__init__()
        self._lookahead_frames = config.lookahead_frames
        self._context_frames = config.context_frames
        is_causal = config.lookahead_frames is not None
        self.convolutions = _convolutions(config)
        n_local = config.conv_channels[-1] * _bands_left(config, n_mels)
        self.recurrence = nn.GRU(
            n_local,
            config.gru_units,
            config.gru_layers,
            batch_first=True,
            bidirectional=not is_causal,
            dropout=config.dropout if config.gru_layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(config.dropout)
        n_features = config.gru_units * (1 if is_causal else 2)
        self.onset_head = nn.Linear(n_features, n_classes)
        # How loud a hit was is plainest before the recurrence squashes it.
        self.velocity_head = (
            nn.Linear(n_local + n_features, n_classes) if config.velocity_head else None
        )
        self.beat_head = nn.Linear(n_features, N_BEAT_CLASSES) if config.beat_head else None

    def forward(self, log_mel: Tensor) -> Logits:
        """Logits of every frame.

        Args:
            log_mel: shape (B, T, F), values 0..1.
        """
        if self._lookahead_frames is not None:
            n_before = self._context_frames - self._lookahead_frames
            log_mel = nn.functional.pad(log_mel, (0, 0, n_before, self._lookahead_frames))
        return self.step(log_mel)[0]

    def step(self, log_mel: Tensor, state: Tensor | None = None) -> tuple[Logits, Tensor]:
        """Logits of a stretch of frames, going on from where the one before it ended.

        Args:
            log_mel: shape (B, context + T, F).
            state: of the GRU after the stretch before, shape (layers, B, U) if causal; zeros at
                the start.

        Returns:
            The logits of T frames, and the state after them.
        """
        x = log_mel.unsqueeze(1)  # (B, 1, context + T, F)
        x = self.convolutions(x)  # (B, K, T, F')
        local = x.transpose(1, 2).flatten(2)  # (B, T, K * F')
        x, state = self.recurrence(local, state)  # (B, T, U or 2 * U)
        x = self.dropout(x)
        velocity = None
        if self.velocity_head is not None:
            velocity = self.velocity_head(torch.cat([local, x], dim=2))  # (B, T, C)
        logits = Logits(
            onset=self.onset_head(x),  # (B, T, C)
            velocity=velocity,
            beat=self.beat_head(x) if self.beat_head is not None else None,
        )
        return logits, state

    def load_forward_half(self, weights: Mapping[str, Tensor]) -> None:
        """Begin a causal network with what one that hears whole recordings knows.

        The convolutions are the same. Of the GRU it takes the direction that runs forward, and of
        whatever reads the GRU the columns for that direction, which come before the other's.

        Args:
            weights: the state dict of a network of the same sizes that is not causal.
        """
        own = self.state_dict()
        for name, weight in own.items():
            known = weights[name]
            weight.copy_(known if known.shape == weight.shape else known[:, : weight.shape[1]])


def _convolutions(config: ModelConfig) -> nn.Sequential:
    """All blocks; a causal network's pad no time, as its ``forward`` does."""
    time_padding = 1 if config.lookahead_frames is None else 0
    n_ins = (1, *config.conv_channels)
    return nn.Sequential(
        *(
            _conv_block(n_in, n_out, pool, time_padding, config.dropout)
            for n_in, n_out, pool in zip(
                n_ins[:-1], config.conv_channels, config.frequency_pools, strict=True
            )
        )
    )


def _bands_left(config: ModelConfig, n_mels: int) -> int:
    """How many bands the pooling leaves of each channel."""
    bands = n_mels // math.prod(config.frequency_pools)
    if bands < 1:
        raise DrumscribeError(
            f"model.frequency_pools: {config.frequency_pools} leave none of {n_mels} mel "
            "bands; pool less or raise features.n_mels"
        )
    return bands


def _conv_block(
    n_in: int, n_out: int, frequency_pool: int, time_padding: int, dropout: float
) -> nn.Sequential:
    """Convolution, normalisation, rectifier and pooling over frequency alone."""
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel_size=3, padding=(time_padding, 1), bias=False),
        nn.BatchNorm2d(n_out),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(kernel_size=(1, frequency_pool)),
        nn.Dropout2d(dropout / 2),
    )


def count_parameters(model: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def activations(logits: Logits) -> dict[str, Tensor]:
    """Sigmoids of the heads that exist, by name ("onset", "velocity", "beat")."""
    present = {name: head for name, head in logits._asdict().items() if head is not None}
    return {name: torch.sigmoid(head.float()) for name, head in present.items()}
