"""Idempotency-Key: a request that is sent again, because its answer was lost, makes nothing a second time.

Spec: draft-ietf-httpapi-idempotency-key-header-07. Decision: docs/decisions/0029.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.utils.crypto import salted_hmac

from apps.core.api import errors
from apps.core.ports import Port

if TYPE_CHECKING:
    from apps.core.api.caller import Caller

HEADER = "Idempotency-Key"
KEPT_HEADERS = ("ETag", "Location")
# A string of RFC 8941 §3.3.3, or the same characters without quotes where none of them would need these.
QUOTED = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"\Z')
BARE = re.compile(r"[A-Za-z0-9_.~:/+=-]{1,255}\Z")
ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Claim:
    """That a request is ours to answer, and nobody else's."""

    row: int
    token: UUID


class Answers(Protocol):
    """Where answers are kept, each for a caller and a key; what is kept is not readable at rest."""

    def claim(self, *, caller: str, key: str, fingerprint: str, now: datetime) -> Claim | str:
        """The right to answer, or the answer that there is.

        Raises: IdempotencyKeyReused, StillBeingAnswered.
        """

    def keep(self, claim: Claim, answer: str) -> bool:
        """Whether it was still ours; called in the transaction of what the answer tells."""

    def let_go(self, claim: Claim) -> None:
        """Nothing was made: the key is free again."""


answers: Port[Answers] = Port("core.api.idempotent_answers")


def answered_once(method: Callable[..., HttpResponse], *, shows_secret: bool) -> Callable[..., HttpResponse]:
    """The method of an ApiView that makes something, for callers who send a key."""

    @wraps(method)
    def answer(view: Any, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        sent = request.headers.get(HEADER)
        if sent is None:
            return method(view, request, *args, **kwargs)
        claim = answers.get().claim(
            caller=_name_of(view.caller), key=read_key(sent), fingerprint=_fingerprint(request), now=view.now
        )
        if isinstance(claim, str):
            return _replayed(claim)
        try:
            with transaction.atomic():
                response = method(view, request, *args, **kwargs)
                _keep(claim, response, shows_secret=shows_secret)
        except BaseException:
            answers.get().let_go(claim)
            raise
        return response

    return answer


def read_key(sent: str) -> str:
    """Raises: MalformedIdempotencyKey."""
    sent = sent.strip(" ")
    quoted = QUOTED.match(sent)
    if quoted:
        return ESCAPED.sub(r"\1", quoted.group(1))
    if BARE.match(sent):
        return sent
    raise errors.MalformedIdempotencyKey


def _name_of(caller: Caller) -> str:
    """Two programs of one person do not know each other's keys."""
    return f"{caller.actor.kind}:{caller.actor.id}:{caller.client_id}"


def _fingerprint(request: Any) -> str:
    """Keyed: a body may hold a password, which its plain digest would let somebody guess."""
    said = f"{request.method} {request.get_full_path()}\n{request.content_type}\n".encode()
    return salted_hmac("core.api.idempotency", said + request._request.body, algorithm="sha256").hexdigest()


def _keep(claim: Claim, response: HttpResponse, *, shows_secret: bool) -> None:
    """Raises: StillBeingAnswered, when it took so long that somebody else has taken over."""
    if not answers.get().keep(claim, _as_text(response, shows_secret=shows_secret)):
        raise errors.StillBeingAnswered("taken over")


def _as_text(response: HttpResponse, *, shows_secret: bool) -> str:
    if shows_secret:
        return json.dumps({"secret_was_shown_of": response["Location"]})
    return json.dumps(
        {
            "status": response.status_code,
            "headers": {name: response[name] for name in KEPT_HEADERS if name in response},
            "body": response.content.decode(),
        }
    )


def _replayed(kept: str) -> HttpResponse:
    """Raises: SecretWasShown."""
    answer = json.loads(kept)
    if "secret_was_shown_of" in answer:
        raise errors.SecretWasShown(answer["secret_was_shown_of"])
    return HttpResponse(
        answer["body"],
        status=answer["status"],
        content_type="application/json",
        headers=answer["headers"],
    )
