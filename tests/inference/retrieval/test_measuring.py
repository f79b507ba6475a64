from inference.retrieval import meaning, measuring


def test_words_are_measured_and_meaning_where_it_is_installed():
    rows = measuring.run(articles=20, queries=3)
    assert [row.method for row in rows] == ["words", "words and meaning"][: 1 + meaning.available()]
    assert {row.articles for row in rows} == {20}
