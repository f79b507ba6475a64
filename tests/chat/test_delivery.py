import pytest

from chat import delivery


@pytest.mark.django_db(transaction=True)
def test_words_of_three_visitors_come_through_a_real_server():
    figures = delivery.measure(3)
    assert figures.streams == 3
    assert figures.pieces >= 3
    assert 0 < figures.ms_p50 <= figures.ms_p95


def test_p95_of_a_few_is_the_largest():
    assert delivery._p95([1.0, 2.0, 3.0]) == 3.0
    assert delivery._p95([float(i) for i in range(100)]) == 95.0
