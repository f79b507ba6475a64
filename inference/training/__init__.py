"""Training a checkpoint: conversations in, a folder that the engine can serve out. Needs no Django.

An answer begins with the control token of the article that it is from, then its text, then
`<|end|>`. Choosing the article takes many epochs over short sequences and the text takes few, so a
row of the data says how often it is seen (`weight`) and how often with its text (`answer_share`).

Importing this package loads neither torch nor transformers.
"""

from inference.training.dataset import Conversation, DatasetError, Turn, read_dataset
from inference.training.options import Progress, TrainingError, TrainingOptions

__all__ = [
    "Conversation",
    "DatasetError",
    "Progress",
    "TrainingError",
    "TrainingOptions",
    "Turn",
    "read_dataset",
    "train",
]


def train(options: TrainingOptions, report=None):
    """Train as `options` say and return the metrics; `report` is called with a Progress now and then.

    Raises DatasetError, TrainingError or CheckpointError, each with one sentence for the engineer.
    """
    from inference.training.run import run

    return run(options, report or (lambda progress: None))
