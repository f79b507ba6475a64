import pytest

import inference
from inference import registry
from inference.errors import UnknownBackend


class Recorder:
    """A backend that remembers how it was made and closed."""

    made: list["Recorder"] = []

    def __init__(self, name, **options):
        self.name, self.options, self.closed = name, options, False
        self.made.append(self)

    def close(self):
        self.closed = True


@pytest.fixture(autouse=True)
def configured():
    before = registry._config
    Recorder.made.clear()
    path = f"{__name__}.Recorder"
    inference.configure({"second": {"BACKEND": path}, "default": {"BACKEND": path, "OPTIONS": {"size": 3}}})
    yield
    inference.configure(before)


def test_a_backend_is_built_once_at_its_first_use_with_its_options():
    assert Recorder.made == []
    backend = inference.get_backend()
    assert (backend.name, backend.options) == ("default", {"size": 3})
    assert inference.get_backend() is backend


def test_the_default_comes_first():
    assert inference.backend_names() == ["default", "second"]


def test_an_unknown_name_is_named():
    with pytest.raises(UnknownBackend, match="'third'"):
        inference.get_backend("third")


def test_configuring_again_closes_what_was_built():
    backend = inference.get_backend()
    inference.configure({})
    assert backend.closed
    assert inference.backend_names() == []
