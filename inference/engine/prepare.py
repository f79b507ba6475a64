"""A transformers decoder made ready for the engine: fused activations, packed weights or, by choice, int8 ones."""

from __future__ import annotations

import platform
import warnings
from typing import Any

import torch
from torch import Tensor, nn
from transformers.activations import NewGELUActivation
from transformers.pytorch_utils import Conv1D

TYPICAL_ROWS = 16  # for how many rows at once the layout is chosen; it serves any number


def fuse(model: Any) -> Any:
    """Replace GPT-2's GELU, eight small operations, by torch's single one of the same formula, in place.

    Predicted: fewer passes over (B, 4 x width); the two differ by rounding, below 1e-6.
    """
    return _replace(model, NewGELUActivation, lambda _: nn.GELU(approximate="tanh"))


def pack(model: Any) -> Any:
    """On an x86 CPU, lay every fp32 linear layer out as oneDNN's kernels read it, in place; elsewhere do nothing.

    Predicted: torch's addmm is far from the memory's speed for a few rows at once. Measured on 2 cores, all layers of
    GPT-2 124M: 20.5 to 13.2 ms at 1 row, 59 to 15 ms at 16, 110 to 39 ms at 64.
    """
    if not _packs(model):
        return model
    _replace(model, Conv1D, lambda layer: PackedLinear(layer.weight.t(), layer.bias))
    return _replace(model, nn.Linear, lambda layer: PackedLinear(layer.weight, layer.bias))


class PackedLinear(nn.Module):
    """x W^T + b in fp32 with W, given as (outputs, inputs), in oneDNN's own layout."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self._bias = None if bias is None else bias.detach()
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous(), TYPICAL_ROWS)

    def forward(self, x: Tensor) -> Tensor:
        """(..., inputs) to (..., outputs)."""
        return torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, "none", [], "")


def to_int8(model: Any) -> Any:
    """Replace every linear layer by one with int8 weights and activations quantized per call, in place.

    GPT-2 keeps its layers as Conv1D, a transposed linear layer, which torch does not quantize;
    they become Linear first. Norms, embeddings and attention stay fp32.
    """
    _replace(model, Conv1D, _as_linear)
    with warnings.catch_warnings():
        # Deprecated in torch 2.13 without a replacement inside torch; pyproject's range ends there.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", message="torch.quantize_per_tensor", category=UserWarning)
        return torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8, inplace=True)


def _packs(model: Any) -> bool:
    x86 = platform.machine().lower() in ("x86_64", "amd64") and torch.backends.mkldnn.is_available()
    return x86 and model.device.type == "cpu" and model.dtype == torch.float32


def _replace(module: Any, kind: type[nn.Module], make: Any) -> Any:
    """Put `make(child)` in the place of every child of that kind, at any depth."""
    for name, child in module.named_children():
        if isinstance(child, kind):
            setattr(module, name, make(child))
        else:
            _replace(child, kind, make)
    return module


def _as_linear(layer: Conv1D) -> nn.Linear:
    inputs, outputs = layer.weight.shape
    linear = nn.Linear(inputs, outputs)
    linear.weight = nn.Parameter(layer.weight.detach().t().contiguous(), requires_grad=False)
    linear.bias = nn.Parameter(layer.bias.detach(), requires_grad=False)
    return linear
