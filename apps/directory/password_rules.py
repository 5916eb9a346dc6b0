"""What a password must be: the rules of a policy, held against one password, with words for whoever chooses it.

Spec: NIST SP 800-63B-4 §3.1.1.2 (length, blocklist, context); composition is a policy of its own.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

PRODUCT = "gatehouse"
# Shorter words stand in many passwords by chance.
SHORTEST_WORD = 4
# What people write in place of letters.
LETTERS_MEANT = str.maketrans("013457@$!", "oleastasi")
NOT_A_WORD = re.compile(r"[\W\d_]+")
AROUND_A_WORD = re.compile(r"^[\W\d_]+|[\W\d_]+$")


class Rule(StrEnum):
    LENGTH = "length"
    UPPER = "upper"
    LOWER = "lower"
    DIGIT = "digit"
    SPECIAL = "special"
    COMMON = "common"
    CONTEXT = "context"
    HISTORY = "history"


@dataclass(frozen=True)
class Rules:
    minimum_length: int = 12
    is_composed: bool = True
    history: int = 12


@dataclass(frozen=True)
class RuleInWords:
    """`can_be_seen`: whether the page itself can tell if it is met. `minimum`: characters, of the rule on length."""

    rule: Rule
    words: str
    can_be_seen: bool
    minimum: int = 0


@dataclass(frozen=True)
class Violation:
    rule: Rule
    words: str


Test = Callable[[str], bool]
COMPOSITION: dict[Rule, Test] = {
    Rule.UPPER: lambda password: any(letter.isupper() for letter in password),
    Rule.LOWER: lambda password: any(letter.islower() for letter in password),
    Rule.DIGIT: lambda password: any(letter.isdigit() for letter in password),
    Rule.SPECIAL: lambda password: any(not letter.isalnum() for letter in password),
}


def in_words(rules: Rules, *, is_own: bool = True) -> list[RuleInWords]:
    """The rules as they are listed before a password is chosen, for oneself or for somebody else."""
    length = ngettext("%(count)d character or more", "%(count)d characters or more", rules.minimum_length) % {
        "count": rules.minimum_length
    }
    composition = {
        Rule.UPPER: _("an upper-case letter"),
        Rule.LOWER: _("a lower-case letter"),
        Rule.DIGIT: _("a digit"),
        Rule.SPECIAL: _("a special character, such as - or a space"),
    }
    own_history = ngettext(
        "not your present password",
        "none of your last %(count)d passwords",
        rules.history,
    )
    their_history = ngettext(
        "not the person's present password",
        "none of the person's last %(count)d passwords",
        rules.history,
    )
    history = (own_history if is_own else their_history) % {"count": rules.history}
    context = (
        _("nothing of your name or e-mail address")
        if is_own
        else _("nothing of the person's name or e-mail address")
    )
    return [
        RuleInWords(Rule.LENGTH, length, can_be_seen=True, minimum=rules.minimum_length),
        *(
            RuleInWords(rule, words, can_be_seen=True)
            for rule, words in composition.items()
            if rules.is_composed
        ),
        RuleInWords(Rule.CONTEXT, context, can_be_seen=False),
        RuleInWords(Rule.COMMON, _("not one that many people use"), can_be_seen=False),
        *([RuleInWords(Rule.HISTORY, history, can_be_seen=False)] if rules.history else []),
    ]


def violations(password: str, *, rules: Rules, personal: Iterable[str]) -> list[Violation]:
    """What stands against the password, but for those used before. `personal`: what everybody knows of the person."""
    return [
        *_too_short(password, rules),
        *(_not_composed(password) if rules.is_composed else []),
        *_known_words(password, personal),
        *_common(password),
    ]


def used_before(rules: Rules) -> Violation:
    words = ngettext(
        "This is the present password. Choose another one.",
        "It is one of the last %(count)d passwords. Choose one that was not used before.",
        rules.history,
    )
    return Violation(Rule.HISTORY, words % {"count": rules.history})


def _too_short(password: str, rules: Rules) -> Iterator[Violation]:
    missing = rules.minimum_length - len(password)
    if missing > 0:
        words = ngettext(
            "It is too short. Add %(missing)d more character, so that it has %(count)d or more.",
            "It is too short. Add %(missing)d more characters, so that it has %(count)d or more.",
            missing,
        )
        yield Violation(Rule.LENGTH, words % {"missing": missing, "count": rules.minimum_length})


def _not_composed(password: str) -> Iterator[Violation]:
    words = {
        Rule.UPPER: _("Add an upper-case letter."),
        Rule.LOWER: _("Add a lower-case letter."),
        Rule.DIGIT: _("Add a digit."),
        Rule.SPECIAL: _("Add a special character, such as - or a space."),
    }
    for rule, is_met in COMPOSITION.items():
        if not is_met(password):
            yield Violation(rule, words[rule])


def _known_words(password: str, personal: Iterable[str]) -> Iterator[Violation]:
    written = password.casefold()
    meant = written.translate(LETTERS_MEANT)
    own = {word for text in personal for word in _words(text)}
    for word in sorted(own | {PRODUCT}):
        if word in written or word in meant:
            yield Violation(
                Rule.CONTEXT, _("Leave out “%(word)s”: it is what others guess first.") % {"word": word}
            )


def _words(text: str) -> Iterator[str]:
    text = text.casefold()
    yield from (word for word in NOT_A_WORD.split(text) if len(word) >= SHORTEST_WORD)
    # A number, as of an employee, is known as a whole.
    if len(text) >= SHORTEST_WORD and text.isascii() and text.isdigit():
        yield text


def _common(password: str) -> Iterator[Violation]:
    written = password.casefold().strip()
    # "Password2024!!" is "password" to whoever guesses.
    bare = AROUND_A_WORD.sub("", written)
    known = common_passwords(settings.COMMON_PASSWORDS_FILE)
    candidates = {written, *([bare] if len(bare) >= SHORTEST_WORD else [])}
    if any(one in known or one.translate(LETTERS_MEANT) in known for one in candidates):
        yield Violation(
            Rule.COMMON,
            _("Many people use it, or it with a few signs around. Choose another one, such as four words."),
        )


@cache
def common_passwords(path: Path | None) -> frozenset[str]:
    """In lower case: those of the file, plain or gzip with one a line, or Django's list of 20,000."""
    validator = CommonPasswordValidator(path) if path else CommonPasswordValidator()
    return frozenset(word.casefold() for word in validator.passwords)
