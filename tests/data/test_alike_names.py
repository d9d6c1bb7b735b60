import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from imbnas.data.alike_names import alike, folded


def test_names_that_look_alike_are_put_together():
    names = ["caf\u00e9", "tea", "Cafe\u0301", "tea ", "milk"]
    assert alike(names) == [["caf\u00e9", "Cafe\u0301"], ["tea", "tea "]]
    assert alike(["a", "b", "a b"]) == []


@given(st.text())
def test_normal_forms_of_a_name_are_folded_alike(name):
    composed, decomposed = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    assert folded(composed) == folded(decomposed) == folded(name)
