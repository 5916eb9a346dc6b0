"""What is held against a password, rule by rule, in words that say how to meet it."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.directory.password_rules import Rule, Rules, in_words, violations

KIM = ("kim.larsen", "k.vandenberg@mail.acme.example", "Kim", "O'Featherstone", "Kim O'Featherstone", "40712")


def broken(password: str, rules: Rules = Rules(), personal: tuple[str, ...] = KIM) -> list[str]:  # noqa: B008
    return [violation.rule.value for violation in violations(password, rules=rules, personal=personal)]


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        ("Wooden-Gate-Opens-7!", []),
        ("Twelve-lett3", []),
        ("Elf-letter5", ["length"]),
        ("", ["length", "upper", "lower", "digit", "special"]),
        ("wooden-gate-opens-7", ["upper"]),
        ("WOODEN-GATE-OPENS-7", ["lower"]),
        ("Wooden-Gate-Opens-X", ["digit"]),
        ("WoodenGateOpens7", ["special"]),
        ("Wooden Gate Opens 7", []),
        ("Ärger-mit-Öfen-7", []),
        ("Larsen-Gate-Opens-7", ["context"]),
        ("7-opens-LARSEN-gate", ["context"]),
        ("L4rs3n-Gate-Opens-7", ["context"]),
        ("Vandenberg-Opens-7", ["context"]),
        ("Featherstone-1-2", ["context"]),
        ("Wooden-Acme-Opens-7", ["context"]),
        ("Wooden-40712-Opens", ["context"]),
        ("My-Gatehouse-Opens-7", ["context"]),
        ("Kimono-Opens-Gate-7", []),
        ("Password1234!", ["common"]),
        ("!!Passw0rd-2026", ["common"]),
        ("Letmein-2026-!!", ["common"]),
    ],
)
def test_each_rule_is_found_broken_where_it_is(password: str, rules: list[str]) -> None:
    assert broken(password) == rules


@pytest.mark.spec("NIST SP 800-63B-4", "3.1.1.2")
def test_without_composition_length_and_lists_still_count() -> None:
    nist = Rules(minimum_length=15, is_composed=False)
    assert broken("correct horse battery staple", nist) == []
    assert broken("correct horse", nist) == ["length"]
    assert broken("larsen horse battery staple", nist) == ["context"]
    assert broken("q1w2e3r4t5y6", Rules(is_composed=False)) == ["common"]


def test_words_say_how_to_meet_the_rule() -> None:
    found = {one.rule: one.words for one in violations("larsen", rules=Rules(), personal=KIM)}
    assert found[Rule.LENGTH] == "It is too short. Add 6 more characters, so that it has 12 or more."
    assert found[Rule.UPPER] == "Add an upper-case letter."
    assert found[Rule.CONTEXT] == "Leave out “larsen”: it is what others guess first."


def test_rules_are_listed_before_a_password_is_chosen() -> None:
    listed = in_words(Rules())
    assert [one.rule for one in listed if one.can_be_seen] == [
        Rule.LENGTH,
        Rule.UPPER,
        Rule.LOWER,
        Rule.DIGIT,
        Rule.SPECIAL,
    ]
    assert listed[0].words == "12 characters or more"
    assert listed[-1].words == "none of your last 12 passwords"
    short = in_words(Rules(minimum_length=15, is_composed=False, history=0))
    assert [one.rule for one in short] == [Rule.LENGTH, Rule.CONTEXT, Rule.COMMON]


@pytest.mark.parametrize("is_packed", [True, False])
def test_list_of_common_passwords_can_be_another_one(
    settings: Settings, tmp_path: Path, is_packed: bool
) -> None:
    path = tmp_path / "list"
    words = b"Wooden-Gate-Opens-7!\nsecond\n"
    path.write_bytes(gzip.compress(words) if is_packed else words)
    settings.COMMON_PASSWORDS_FILE = path
    assert broken("Wooden-Gate-Opens-7!") == ["common"]
    assert broken("Password1234!") == []


@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=4))
def test_any_password_is_judged_and_never_repeated(password: str, personal: list[str]) -> None:
    for violation in violations(password, rules=Rules(), personal=personal):
        assert violation.words
        assert violation.rule is Rule.CONTEXT or len(password) < 12 or password not in violation.words
