"""A transformers decoder made ready for the engine: fused activations and, by choice, int8 weights."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import nn
from transformers.activations import NewGELUActivation
from transformers.pytorch_utils import Conv1D


def fuse(model: Any) -> Any:
    """Replace GPT-2's GELU, eight small operations, by torch's single one of the same formula, in place.

    Predicted: fewer passes over (B, 4 x width); the two differ by rounding, below 1e-6.
    """
    return _replace(model, NewGELUActivation, lambda _: nn.GELU(approximate="tanh"))


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
