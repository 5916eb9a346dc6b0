"""The tokens of one signed-in person, kept in the vault and renewed before they run out."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from examples.relying_party.errors import SessionEnded
from examples.relying_party.sessions import LIFETIME_SECONDS
from examples.relying_party.vault import Vault

RENEW_BEFORE_SECONDS = 60
KIND = "tokens"
LOCKS = 64


@dataclass(frozen=True)
class Tokens:
    """`claims` from the verified ID token, `person` from userinfo; `expires_at` in epoch seconds."""

    access_token: str
    refresh_token: str
    id_token: str
    scope: str
    expires_at: float
    claims: dict[str, Any]
    person: dict[str, Any] = field(default_factory=dict)
    renewals: int = 0


class Renewer(Protocol):
    def renew(self, tokens: Tokens) -> Tokens: ...


class TokenKeeper:
    """Hands out access tokens that still live for a minute.

    A refresh token serves once, and using it twice looks like theft to the issuer. So requests of one session
    take turns here, and who waited finds the tokens already renewed. The turns hold within one process: an
    application of several processes needs a lock that they share.
    """

    def __init__(self, *, vault: Vault, renewer: Renewer, clock: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._renewer = renewer
        self._clock = clock
        self._locks = [threading.Lock() for _ in range(LOCKS)]

    def keep(self, session: str, tokens: Tokens) -> None:
        now = self._clock()
        self._vault.write(KIND, session, asdict(tokens), expires_at=now + LIFETIME_SECONDS, now=now)

    def find(self, session: str) -> Tokens | None:
        content = self._vault.read(KIND, session, now=self._clock())
        return None if content is None else Tokens(**content)

    def drop(self, session: str) -> Tokens | None:
        """Forgets the tokens and returns them, for revocation."""
        with self._turn(session):
            tokens = self.find(session)
            self._vault.remove(KIND, session)
        return tokens

    def fresh(self, session: str) -> Tokens:
        """Tokens that live for another minute, renewed if need be.

        Raises: SessionEnded when there are none or the issuer refuses to renew them.
        """
        return self._renewed_if(
            session, lambda tokens: tokens.expires_at - RENEW_BEFORE_SECONDS <= self._clock()
        )

    def replace(self, session: str, refused: str) -> Tokens:
        """Tokens other than the refused access token; nothing is renewed when another request already did so.

        Raises: SessionEnded as `fresh` does.
        """
        return self._renewed_if(session, lambda tokens: tokens.access_token == refused)

    def _renewed_if(self, session: str, is_due: Callable[[Tokens], bool]) -> Tokens:
        with self._turn(session):
            tokens = self.find(session)
            if tokens is None:
                raise SessionEnded("no tokens are kept for this session")
            if not is_due(tokens):
                return tokens
            try:
                renewed = self._renewer.renew(tokens)
            except SessionEnded:
                self._vault.remove(KIND, session)
                raise
            self.keep(session, renewed)
            return renewed

    def _turn(self, session: str) -> threading.Lock:
        return self._locks[hash(session) % LOCKS]
