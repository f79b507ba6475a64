"""A slot engine over a transformers decoder: continuous batching on a fixed KV cache.

Bottom up: `request` (one sequence's state), `slots` and `scheduler` (integers only), `runner`
(tensors only), `sampling` (logits to tokens), `detokenizer` (tokens to text), `engine` (one step),
`thread` (the only thread, and the way back to asyncio).
"""
