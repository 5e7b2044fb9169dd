"""What several training processes share, so that they learn as one that takes all their windows.

The gradients are averaged over processes by Lightning's strategy. Batches are equally large, so the
mean of the processes' means is the mean over all windows; sums and BatchNorm's statistics have to
be taken over all processes here.
"""

from typing import Any

import torch
from torch import Tensor, distributed, nn


def count_processes() -> int:
    """How many processes train together; 1 outside of a distributed run."""
    is_distributed = distributed.is_available() and distributed.is_initialized()
    return distributed.get_world_size() if is_distributed else 1


def mean_over_processes(values: Tensor) -> Tensor:
    """The mean of each process's ``values``, any shape; gradients flow back to all of them."""
    n_processes = count_processes()
    if n_processes == 1:
        return values
    total: Tensor = _SumOverProcesses.apply(values)
    return total / n_processes


class _SumOverProcesses(torch.autograd.Function):
    """Adds up a tensor over processes. Each one's loss depends on the sum: so do its gradients."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        total = values.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total


class JointBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm over the windows of all processes, on any device (torch's own is for GPUs alone).

    Letters: B windows of this process, K channels, T frames, F bands.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise ``x``, shape (B, K, T, F)."""
        if not self.training:
            return super().forward(x)
        exact = x.float()  # (B, K, T, F); half precision is too coarse to add up in
        own_variance, own_mean = torch.var_mean(exact, dim=(0, 2, 3), correction=0)  # (K,)
        mean = mean_over_processes(own_mean)
        variance = mean_over_processes(own_variance + (own_mean - mean) ** 2)
        self._track(mean.detach(), variance.detach(), count_processes() * x.numel() // len(mean))
        scale = self.weight * torch.rsqrt(variance + self.eps)
        shift = self.bias - mean * scale
        return (exact * scale[:, None, None] + shift[:, None, None]).to(x.dtype)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor, n_values: int) -> None:
        """Move the running statistics towards those of a batch, its variance without bias."""
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (n_values / max(1, n_values - 1)), self.momentum)


def join_batch_norms(network: nn.Module) -> None:
    """Put ``JointBatchNorm2d`` in place of each BatchNorm of ``network``; names and values stay."""
    for parent in list(network.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, nn.BatchNorm2d):
                joint = JointBatchNorm2d(layer.num_features, layer.eps, layer.momentum)
                joint.load_state_dict(layer.state_dict())
                setattr(parent, name, joint)
