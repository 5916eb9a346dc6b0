"""What is told of tokens."""

from apps.core.metrics import Counter
from apps.oauth.grants import GRANTS

OTHER = "other"
ISSUED = Counter(
    "tokens_issued",
    "Token requests that were granted.",
    ("grant",),
    known=tuple((grant,) for grant in GRANTS),
)
REFUSED = Counter(
    "token_requests_refused",
    "Token requests that were refused, by the error of RFC 6749.",
    ("grant", "error"),
    known=tuple((grant, "invalid_grant") for grant in GRANTS),
)


def count_token_answer(*, grant_type: str, error: str) -> None:
    """`error` is empty when tokens were issued. Grants that there are not count as one."""
    grant = grant_type if grant_type in GRANTS else OTHER
    if error:
        REFUSED.count(grant, error)
    else:
        ISSUED.count(grant)
