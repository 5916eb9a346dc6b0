"""Keeping the answers of the API for callers who ask again."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db.models import Q

from apps.core.api.errors import IdempotencyKeyReused, StillBeingAnswered
from apps.core.api.idempotency import Claim
from apps.core.batches import delete_in_batches
from apps.oauth.models import IdempotentCall
from apps.oauth.token_values import digest

KEPT = timedelta(hours=24)
# No request takes as long: whoever claimed the key by then is gone, and what they were doing was rolled back.
CLAIMED = timedelta(minutes=2)


class KeptAnswers:
    def claim(self, *, caller: str, key: str, fingerprint: str, now: datetime) -> Claim | str:
        """Outside of any transaction but a test's: others see the claim at once."""
        mine = IdempotentCall(
            caller=caller,
            key_digest=digest(key),
            fingerprint=fingerprint,
            claim_token=uuid4(),
            claimed_until=now + CLAIMED,
            created_at=now,
        )
        same = IdempotentCall.objects.filter(caller=caller, key_digest=mine.key_digest)
        same.filter(created_at__lte=now - KEPT).delete()
        IdempotentCall.objects.bulk_create([mine], ignore_conflicts=True)
        there = same.first()
        if there is None:
            raise StillBeingAnswered("let go at this very moment")
        if there.claim_token == mine.claim_token:
            return Claim(there.pk, mine.claim_token)
        if there.fingerprint != fingerprint:
            raise IdempotencyKeyReused
        if there.answer is not None:
            return there.answer
        return self._take_over(there, mine, now=now)

    def _take_over(self, there: IdempotentCall, mine: IdempotentCall, *, now: datetime) -> Claim:
        """From somebody who has not come back."""
        abandoned = IdempotentCall.objects.filter(
            pk=there.pk, claim_token=there.claim_token, answer__isnull=True, claimed_until__lte=now
        )
        if not abandoned.update(claim_token=mine.claim_token, claimed_until=mine.claimed_until):
            raise StillBeingAnswered
        return Claim(there.pk, mine.claim_token)

    def keep(self, claim: Claim, answer: str) -> bool:
        held = IdempotentCall.objects.filter(_is_held(claim), answer__isnull=True)
        return bool(held.update(answer=answer))

    def let_go(self, claim: Claim) -> None:
        IdempotentCall.objects.filter(_is_held(claim), answer__isnull=True).delete()


def _is_held(claim: Claim) -> Q:
    return Q(pk=claim.row, claim_token=claim.token)


def remove_old_answers(*, now: datetime) -> int:
    return delete_in_batches(IdempotentCall.objects.filter(created_at__lte=now - KEPT))


kept_answers = KeptAnswers()
