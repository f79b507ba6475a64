"""The only file with tensors of the model: a KV cache of fixed rows, prefill and decode over it.

Knows nothing of requests, text or scheduling. Works with any transformers decoder whose layers
attend to all earlier positions through a cache's `update`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor


class SlotCache:
    """The KV cache in the shape that transformers' attention layers ask for.

    `keys[layer]` and `values[layer]` are (rows, heads, window, head size). Between calls of the
    model, `select` says which rows and positions the next call writes and reads.
    """

    is_compileable = False

    def __init__(self, config: Any, rows: int, window: int, dtype: torch.dtype, device: torch.device) -> None:
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        shape = (rows, heads, window, size)
        self.keys = [_zeros(shape, dtype, device) for _ in range(config.num_hidden_layers)]
        self.values = [_zeros(shape, dtype, device) for _ in range(config.num_hidden_layers)]
        self._write: tuple[Any, ...] = ()
        self._rows = slice(0, 0)
        self._length = 0

    def select_row(self, row: int, start: int, end: int) -> None:
        """The next call prefills positions start .. end-1 of one row."""
        self._rows, self._length = slice(row, row + 1), end
        self._write = (self._rows, slice(None), slice(start, end))

    def select_batch(self, rows: Tensor, positions: Tensor, length: int) -> None:
        """The next call writes one position of each of the first B rows and reads `length` positions."""
        self._rows, self._length = slice(0, rows.shape[0]), length
        self._write = (rows, slice(None), positions)

    def update(self, keys: Tensor, values: Tensor, layer_idx: int, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Store (B, heads, T, size) and return the selected rows up to the selected length."""
        one_position = isinstance(self._write[0], Tensor)
        self.keys[layer_idx][self._write] = keys[:, :, 0] if one_position else keys
        self.values[layer_idx][self._write] = values[:, :, 0] if one_position else values
        read = (self._rows, slice(None), slice(0, self._length))
        return self.keys[layer_idx][read], self.values[layer_idx][read]

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` positions of a row."""
        for tensor in (*self.keys, *self.values):
            tensor[target, :, :length] = tensor[source, :, :length]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return self._length

    def get_mask_sizes(self, query_length: int, layer_idx: int = 0) -> tuple[int, int]:
        return self._length, 0

    @property
    def is_sliding(self) -> list[bool]:
        return [False] * len(self.keys)

    def __len__(self) -> int:
        return len(self.keys)


def _zeros(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Zeros whose memory is taken row by row, as rows come to be used: torch.zeros would take all of it at once."""
    if device.type != "cpu":
        return torch.zeros(shape, dtype=dtype, device=device)
    untouched = np.zeros(math.prod(shape) * dtype.itemsize, dtype=np.uint8)  # from calloc, which numpy uses
    return torch.from_numpy(untouched).view(dtype).view(shape)


class Runner:
    """Runs the model over rows of a SlotCache. `rows` x `window` positions are reserved for good."""

    def __init__(self, model: Any, rows: int, window: int) -> None:
        self._model = model
        self.device = torch.device(model.device)
        self._dtype = model.dtype
        self._cache = SlotCache(model.config, rows, window, self._dtype, self.device)
        self._positions = torch.arange(window, device=self.device)

    @torch.inference_mode()
    def prefill(self, row: int, token_ids: list[int], start: int) -> Tensor:
        """Run T prompt tokens at positions start .. start+T-1 of a row; logits (1, vocabulary) of the last."""
        end = start + len(token_ids)
        self._cache.select_row(row, start, end)
        positions = self._positions[start:end]
        visible = self._positions[None, :end] <= positions[:, None]
        return self._forward([token_ids], positions[None, :], visible[None, None])

    @torch.inference_mode()
    def decode(self, token_ids: list[int], positions: list[int]) -> Tensor:
        """Run one token for each of the first B rows, each at its own position; logits (B, vocabulary)."""
        length = max(positions) + 1
        at = torch.tensor(positions, device=self.device)
        self._cache.select_batch(self._positions[: len(positions)], at, length)
        visible = self._positions[None, :length] <= at[:, None]
        return self._forward([[token] for token in token_ids], at[:, None], visible[:, None, None])

    def move(self, source: int, target: int, length: int) -> None:
        """Copy a row's first `length` positions to another row."""
        with torch.inference_mode():
            self._cache.copy(source, target, length)

    def _forward(self, token_ids: list[list[int]], positions: Tensor, visible: Tensor) -> Tensor:
        """Logits (B, vocabulary) of the last position; `visible` is (B or 1, 1, T, length), True where seen."""
        # As numbers, once a step: SDPA would turn a boolean mask into them in every layer.
        mask = torch.zeros(visible.shape, dtype=self._dtype, device=self.device)
        mask.masked_fill_(~visible, torch.finfo(self._dtype).min)
        output = self._model(
            input_ids=torch.tensor(token_ids, device=self.device),
            position_ids=positions,
            attention_mask=mask,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return output.logits[:, -1]
