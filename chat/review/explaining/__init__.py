"""The page "Explain this answer": a stored answer, its panels, and how they are drawn.

What is computed comes from inference/explaining, on a copy of the checkpoint that serves nobody.
"""
