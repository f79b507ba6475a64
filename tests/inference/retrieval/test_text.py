import pytest

from inference.retrieval.text import Vocabulary, is_chinese, normalise, terms, written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＴＯＰ－ＵＰ　failed", "top-up failed"),
        ("I haven’t  got “it”", 'i haven\'t got "it"'),
        ("£1,500.50", "gbp 1500.50"),
        ("￥50", "cny 50"),
        ("card´s", "card's"),
        ("1,2 or 3", "1,2 or 3"),
    ],
)
def test_what_can_be_written_in_several_ways_is_written_in_one(text: str, expected: str):
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Transferring my transfers", ["transfer", "my", "transfer"]),
        ("I haven't 2FA, 10.50 €", ["i", "havent", "2fa", "10.50", "eur"]),
        ("充值失败", ["充", "值", "失", "败", "充值", "值失", "失败"]),
        ("Apple Pay 充值，卡", ["appl", "pay", "充", "值", "充值", "卡"]),
        ("?! …", []),
    ],
)
def test_terms_are_stems_numbers_characters_and_pairs(text: str, expected: list[str]):
    assert terms(text) == expected


def test_a_text_is_chinese_by_one_character():
    assert (is_chinese("PIN码"), is_chinese("PIN")) == (True, False)


def test_found_words_are_shown_as_they_were_written():
    assert written("Topping up 充值又失败了", {"top", "充值", "失败", "又"}) == ["topping", "充值", "失败"]
    assert written("充值失败", {"充值", "值失"}) == ["充值失"]


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("tranfser", "transfer"),
        ("pendng", "pending"),
        ("verificaton", "verification"),
        ("verifcaton", "verification"),
        ("crad", "crad"),  # short: too many words are one letter away
        ("transfer", "transfer"),
        ("verificatoin2", "verificatoin2"),  # with a digit it is a code, not a word
        ("weather", "weather"),
    ],
)
def test_a_misspelt_word_is_corrected_within_limits(term: str, expected: str):
    assert Vocabulary(["transfer", "pending", "verification", "card"]).correct(term) == expected


def test_of_two_near_words_the_more_frequent_one_is_meant():
    assert Vocabulary({"charges": 1, "charged": 5}).correct("chargex") == "charged"


def test_a_known_word_stays_though_a_more_frequent_one_is_near():
    assert Vocabulary({"charge": 1, "change": 100}).correct("charge") == "charge"
