from dataclasses import replace

import pytest

from chat.knowledge.sample_data import load_articles
from inference import retrieval
from inference.knowledge import Document, KnowledgeBase
from inference.retrieval import Options
from inference.retrieval.index import Hit, Index, Library, current_index
from tests.inference.retrieval.documents import ALL, ARRIVAL, TOP_UP, TOP_UP_ZH, knowledge


@pytest.fixture
def library() -> Library:
    return Library(Options(meaning="off"))


def found(index: Index, text: str, language: str = "") -> list[tuple[str, str]]:
    return [(hit.slug, hit.language) for hit in index.search(text, language)]


def test_a_hit_tells_article_words_and_field(library: Library):
    hit = library.index(knowledge()).search("Why has my TOP-UP failed?")[0]
    assert hit == Hit("top_up", "en", hit.score, ("my", "top", "up", "failed"), "example")


@pytest.mark.parametrize(("text", "field"), [("arrive", "question"), ("days", "answer"), ("post", "tags")])
def test_every_field_is_searched(library: Library, text: str, field: str):
    hits = library.index(knowledge()).search(text)
    assert [(hit.slug, hit.field) for hit in hits] == [("arrival", field)]


def test_chinese_is_found_by_pairs_of_characters(library: Library):
    hit = library.index(knowledge()).search("充值失败")[0]
    assert (hit.slug, hit.language, hit.matched) == ("top_up", "zh-hans", ("充值失败",))


def test_mixed_text_finds_the_other_language_too(library: Library):
    assert found(library.index(knowledge()), "does apple pay work?") == [("apple_pay", "zh-hans")]


def test_each_article_comes_once_in_the_better_language(library: Library):
    index = library.index(knowledge(*(replace(d, question="top-up failed", examples=()) for d in (TOP_UP_ZH, TOP_UP))))
    assert found(index, "top-up failed") == [("top_up", "en")]
    assert found(index, "top-up failed", "zh-hans") == [("top_up", "zh-hans")]


@pytest.mark.parametrize("text", ["", "  ", "?!", "zebra", "𝄞", "\0"])
def test_nothing_in_common_is_no_hit(library: Library, text: str):
    assert library.index(knowledge()).search(text) == []


def test_no_articles_no_hits(library: Library):
    assert library.index(KnowledgeBase()).search("top up") == []


def test_a_misspelt_word_finds_its_article(library: Library):
    hit = library.index(knowledge()).search("arrvie")[0]
    assert (hit.slug, hit.matched) == ("arrival", ("arrvie",))


def test_scores_lie_between_nothing_and_the_same_words(library: Library):
    index = library.index(knowledge())
    near, far = index.search("When will my card arrive?")[0], index.search("card and something else entirely")[0]
    assert 0 < far.score < near.score <= 1


def test_an_article_with_one_question_wins_against_many_examples_that_fit_less(library: Library):
    crowded = replace(ARRIVAL, examples=tuple(f"where is my card number {n}" for n in range(30)))
    new = Document("stolen", "en", "My card was stolen abroad", "Call us.")
    assert found(library.index(knowledge(crowded, new)), "card stolen abroad")[0] == ("stolen", "en")


def test_a_very_long_text_is_read_only_to_a_limit(library: Library):
    assert found(library.index(knowledge()), "top up " + "word " * 100_000) == [("top_up", "en")]


def test_an_edit_is_found_and_what_it_replaced_is_not(library: Library):
    before = library.index(knowledge())
    after = library.index(knowledge(*ALL[:2], replace(ARRIVAL, question="Where is my zebra?", examples=())))
    assert (found(after, "zebra"), found(after, "late"), found(after, "apple")) == ([("arrival", "en")], [], [])
    assert (found(before, "zebra"), found(before, "late")) == ([], [("arrival", "en")])


def test_many_edits_leave_what_a_new_index_would_find(library: Library):
    for number in range(12):
        edited = library.index(knowledge(*ALL[:3], replace(ARRIVAL, slug="x", question=f"Is it {number}?")))
    fresh = Library(Options(meaning="off")).index(KnowledgeBase("", tuple(edited.entries.values())))
    for text in ("is it 11", "is it 3", "card late", "充值"):
        assert found(edited, text) == found(fresh, text)


def test_another_business_leaves_nothing_of_the_first(library: Library):
    library.index(knowledge())
    index = library.index(knowledge(Document("shoes", "en", "Do you sell shoes?", "Yes.")))
    assert (found(index, "shoes"), found(index, "card")) == ([("shoes", "en")], [])


def test_the_same_knowledge_base_has_the_same_index(library: Library):
    base = knowledge()
    assert (library.ready(base), library.index(base) is library.index(base)) == (None, True)
    assert library.ready(base) is library.index(base)


async def test_an_event_loop_gets_the_processs_index():
    base = knowledge()
    index = await current_index(base)
    assert index is Index.of(base)
    assert await current_index(base) is index
    assert [hit.slug for hit in await index.search_off_loop("充值", k=1)] == ["top_up"]


def test_other_options_make_another_library():
    base = knowledge()
    before = Index.of(base)
    retrieval.configure(meaning="off", cache=None)
    assert Index.of(base) is before


def test_the_sample_articles_are_found_by_their_own_questions(library: Library):
    articles = load_articles()
    documents = [
        Document(article.slug, str(language), text.title, text.answers[0], text.questions, article.tags)
        for article in articles
        for language, text in article.texts.items()
    ]
    index = library.index(KnowledgeBase("", tuple(documents)))
    missed = [d.slug for d in documents if d.slug not in {h.slug for h in index.search(d.question, d.language)}]
    assert (len(documents), missed) == (154, [])
