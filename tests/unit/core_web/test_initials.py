import pytest

from apps.core.initials import initials


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ingrid Vasquez", "IV"),
        ("ada", "A"),
        ("Maria del Carmen Ruiz", "MR"),
        ("  Acme   Payroll ", "AP"),
        ("", ""),
        ("éa öb", "ÉÖ"),
    ],
)
def test_first_and_last_word_give_a_letter_each(name: str, letters: str) -> None:
    assert initials(name) == letters
