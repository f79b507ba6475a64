"""Stop strings, whatever the pieces that they come in."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inference.engine.stopping import StopStrings


def test_stop_string_over_several_pieces_is_never_shown():
    stops = StopStrings(("\nUser:",))
    assert [stops.push(piece) for piece in ("Hi", "\nUs", "er", ": more")] == ["Hi", "", "", ""]
    assert stops.found


def test_what_only_began_like_a_stop_string_is_shown_after_all():
    stops = StopStrings(("STOP", "TOE"))
    assert [stops.push(piece) for piece in ("a ST", "OL", "T")] == ["a ", "STOL", ""]
    assert (stops.flush(), stops.found) == ("T", False)


@given(text=st.text("ab#", max_size=30), cuts=st.lists(st.integers(0, 30), max_size=8))
def test_stop_strings_cut_at_the_first_whatever_the_pieces(text, cuts):
    points = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    stops = StopStrings(("#a", "b##"))
    shown = ""
    for start, end in pairwise(points):
        shown += stops.push(text[start:end])
        if stops.found:
            break
    ends = [text.find(stop) for stop in ("#a", "b##") if stop in text]
    assert shown + stops.flush() == (text[: min(ends)] if ends else text)
