"""Each sentence of an answer beside its sources: shared words, likeness of meaning, and figures that no source has.

Conservative, for a reviewer looks at every red mark: a figure is unsupported only when neither a source nor the
visitor says it in any notation, a sentence only when words and meaning (where it can be read) both find nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inference.explaining.figures import Said, figures
from inference.explaining.sentences import sentences
from inference.explaining.views import Figure, SentenceSupport, Support
from inference.knowledge import Document
from inference.retrieval import options
from inference.retrieval.meaning import Meaning, Vectors, load
from inference.retrieval.text import is_chinese, terms


@dataclass(frozen=True, slots=True)
class _Limits:
    """From which on a sentence is borne out (`enough` words, `alike` in meaning), and below which it is not."""

    enough: float
    some: float
    alike: float
    unlike: float


# Measured on 22 of the sample's articles, sentences of one wording against another wording of the same article and of
# a random one, middle half of each (embeddings are multilingual-e5's, whose cosines all are high). Words: English .50
# to .75 against .00 to .20, Chinese .24 to .44 against .00 to .07. Cosines: English .913 to .956 against .828 to .858,
# Chinese .945 to .973 against .881 to .901, an answer in the one language and a source in the other .86 to .90 against
# .81 to .83.
_ENGLISH = _Limits(0.6, 0.3, 0.93, 0.88)
_CHINESE = _Limits(0.4, 0.15, 0.94, 0.92)
_ACROSS = _Limits(0.6, 0.3, 0.89, 0.855)
SUPPORTED, PARTLY, UNSUPPORTED, EMPTY = "supported", "partly", "unsupported", "empty"
# Words that say nothing about the matter.
_COMMON_WORDS = """
a an the and or but if then so as at by for from in into of off on onto out over to up with without about is are was
were be been am do does did has have had can could may might must shall should will would not no yes i you we they he
she it its this that these those your our my their me us them please also just very more most some any all each here
there when where which who what how why than too only well hello hi thanks thank sorry welcome good
"""
_COMMON = frozenset(terms(_COMMON_WORDS)) | frozenset(
    "的了是在和与或也就都而及着过吗呢吧啊您你我他她它们这那有被把将会能可以请为对从到于个"
)


@dataclass(frozen=True, slots=True)
class _Sentence:
    slug: str
    text: str
    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Source:
    slug: str
    terms: frozenset[str]
    figures: tuple[Said, ...]


def support(text: str, sources: Sequence[Document], asked: str = "") -> Support:
    """What of an answer its sources bear out; `asked` is what the visitor said, whose figures may be repeated."""
    spans = sentences(text)
    known = [sentence for source in sources for sentence in _sentences_of(source)]
    whole = [_source(source) for source in sources]
    model = load() if options().meaning == "auto" and known and spans else None
    cosines = _cosines(model, [text[a:b] for a, b in spans], [one.text for one in known]) if model else None
    said = _checked(figures(text), whole, figures(asked))
    judged = tuple(
        _judged(text, span, known, whole, cosines[i] if cosines is not None else None, said)
        for i, span in enumerate(spans)
    )
    return Support(judged, tuple(figure for figure in said if not figure.supported), model is not None)


def content(text: str) -> frozenset[str]:
    """The terms of a text that say what it is about: stems and numbers, and pairs of Han characters."""
    found = [term for term in terms(text) if term not in _COMMON]
    # A single Han character is in almost any text; it counts where there is no pair.
    kept = [term for term in found if len(term) > 1 or not is_chinese(term)]
    return frozenset(kept or found)


def _text_of(source: Document) -> str:
    return f"{source.question}\n{source.answer}"


def _sentences_of(source: Document) -> list[_Sentence]:
    text = _text_of(source)
    return [_Sentence(source.slug, text[a:b], content(text[a:b])) for a, b in sentences(text)]


def _source(source: Document) -> _Source:
    return _Source(source.slug, content(_text_of(source)), figures(_text_of(source)))


def _cosines(model: Meaning, answer: list[str], known: list[str]) -> Vectors:
    """(answer's sentences, sources' sentences)."""
    return _rows(model, answer) @ _rows(model, known).T


def _rows(model: Meaning, texts: list[str]) -> Vectors:
    return model.embed(texts).reshape(len(texts), -1)


def _checked(said: Sequence[Said], sources: Sequence[_Source], asked: Sequence[Said]) -> tuple[Figure, ...]:
    return tuple(_check(figure, sources, asked) for figure in said)


def _check(figure: Said, sources: Sequence[_Source], asked: Sequence[Said]) -> Figure:
    having = (source.slug for source in sources if any(map(figure.borne_out_by, source.figures)))
    found_in, repeated = next(having, ""), any(map(figure.borne_out_by, asked))
    facts = (figure.kind, figure.start, figure.end, figure.text, figure.value)
    return Figure(*facts, found_in, repeated, bool(found_in) or repeated)


def _judged(
    text: str,
    span: tuple[int, int],
    known: Sequence[_Sentence],
    sources: Sequence[_Source],
    cosines: Vectors | None,
    said: Sequence[Figure],
) -> SentenceSupport:
    start, end = span
    wanted = content(text[start:end])
    here = tuple(figure for figure in said if start <= figure.start < end)
    overlap = max((_share(wanted, source.terms) for source in sources), default=0.0)
    best, similarity = _best(wanted, known, cosines)
    limits = _limits(text[start:end], best)
    level = _level(wanted, overlap, similarity, limits, all(figure.supported for figure in here))
    slug, sentence = (best.slug, best.text) if best else ("", "")
    return SentenceSupport(text[start:end], start, end, level, slug, sentence, overlap, similarity, here)


def _share(wanted: frozenset[str], there: frozenset[str]) -> float:
    return len(wanted & there) / len(wanted) if wanted else 0.0


def _best(
    wanted: frozenset[str], known: Sequence[_Sentence], cosines: Vectors | None
) -> tuple[_Sentence | None, float | None]:
    """The source's sentence that is nearest in meaning, or has most of the words where meaning cannot be read."""
    if cosines is not None:
        return known[int(cosines.argmax())], float(cosines.max())
    best = max(known, key=lambda sentence: _share(wanted, sentence.terms), default=None)
    return (best if best is not None and wanted & best.terms else None), None


def _limits(sentence: str, best: _Sentence | None) -> _Limits:
    chinese = is_chinese(sentence)
    if best is not None and is_chinese(best.text) != chinese:
        return _ACROSS
    return _CHINESE if chinese else _ENGLISH


def _level(
    wanted: frozenset[str], overlap: float, similarity: float | None, limits: _Limits, figures_hold: bool
) -> str:
    if not wanted:
        return EMPTY
    nearness = similarity or 0.0
    if overlap < limits.some and nearness < limits.unlike:
        return UNSUPPORTED
    return SUPPORTED if figures_hold and (overlap >= limits.enough or nearness >= limits.alike) else PARTLY
