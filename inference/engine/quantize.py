"""Int8 weights for the CPU: dynamic quantization of a transformers decoder's linear layers."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D


def to_int8(model: Any) -> Any:
    """Replace every linear layer by one with int8 weights and activations quantized per call, in place.

    GPT-2 keeps its layers as Conv1D, a transposed linear layer, which torch does not quantize;
    they become Linear first. Norms, embeddings and attention stay fp32.
    """
    _conv1d_to_linear(model)
    with warnings.catch_warnings():
        # Deprecated in torch 2.13 without a replacement inside torch; pyproject's range ends there.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", message="torch.quantize_per_tensor", category=UserWarning)
        return torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8, inplace=True)


def _conv1d_to_linear(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, Conv1D):
            setattr(module, name, _as_linear(child))
        else:
            _conv1d_to_linear(child)


def _as_linear(layer: Conv1D) -> nn.Linear:
    inputs, outputs = layer.weight.shape
    linear = nn.Linear(inputs, outputs)
    linear.weight = nn.Parameter(layer.weight.detach().t().contiguous(), requires_grad=False)
    linear.bias = nn.Parameter(layer.bias.detach(), requires_grad=False)
    return linear
