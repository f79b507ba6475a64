"""chat/language.py"""

import pytest

from chat.enums import Language
from chat.language import guess_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my card?", Language.ENGLISH),
        ("我的卡还没到", Language.CHINESE),
        ("我的PIN忘了怎么办", Language.CHINESE),
        ("What does 手续费 mean on my monthly account statement?", Language.ENGLISH),
        ("12345 :-)", Language.ENGLISH),
        ("", Language.ENGLISH),
    ],
)
def test_the_language_is_the_one_of_most_letters(text: str, language: Language):
    assert guess_language(text) == language


def test_without_letters_it_is_the_default():
    assert guess_language("123", Language.CHINESE) == Language.CHINESE
