"""What the API refuses, beside what the services refuse. Each becomes application/problem+json. Spec: RFC 9457."""

from dataclasses import dataclass

from apps.core.errors import DomainError, NotAllowed


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with what was sent: where (`pointer` into the body, or a query `parameter`) and why."""

    detail: str
    code: str = "invalid"
    pointer: str = ""
    parameter: str = ""

    def as_json(self) -> dict[str, str]:
        place = {"parameter": self.parameter} if self.parameter else {"pointer": self.pointer or "#"}
        return {**place, "code": self.code, "detail": self.detail}


class ApiProblem(DomainError):
    def __init__(self, detail: str = "", *, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail)
        self.faults = faults


class MalformedBody(ApiProblem):
    code = "malformed_body"
    http_status = 400
    message = "The body is not what this operation takes: one JSON object, UTF-8, no NUL characters."


class InvalidFields(ApiProblem):
    code = "invalid_fields"
    http_status = 400
    message = "Some values are missing, unknown or not acceptable. See errors."


class InvalidQuery(ApiProblem):
    code = "invalid_query"
    http_status = 400
    message = "Some parameters of the address are unknown or not acceptable. See errors."


class NotAuthenticated(ApiProblem):
    code = "not_authenticated"
    http_status = 401
    message = "Send an access token: Authorization: Bearer …"


class MalformedAuthorization(ApiProblem):
    code = "invalid_request"
    http_status = 400
    message = "The Authorization header is malformed."


class InvalidToken(ApiProblem):
    code = "invalid_token"
    http_status = 401
    message = "The access token is unknown, expired, or was ended."


class InsufficientScope(NotAllowed):
    code = "insufficient_scope"
    message = "The access token does not carry the scope that this takes."

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class RightMissing(NotAllowed):
    code = "right_missing"
    message = "Whoever this token acts for does not hold the right that this takes."


class OutOfReach(NotAllowed):
    code = "out_of_reach"
    message = (
        "This one has rights or access that whoever this token acts for lacks, so it is not theirs to change."
    )


class NotAcceptable(ApiProblem):
    code = "not_acceptable"
    http_status = 406
    message = "Answers here are application/json."


class UnsupportedMediaType(ApiProblem):
    code = "unsupported_media_type"
    http_status = 415
    message = "Send application/json; changes may also come as application/merge-patch+json."


class Conflict(ApiProblem):
    code = "conflict"
    http_status = 409
    message = "In its present state this cannot be done to it."


class MalformedIdempotencyKey(ApiProblem):
    code = "invalid_idempotency_key"
    http_status = 400
    message = 'Idempotency-Key is one string of 1 to 255 visible characters: Idempotency-Key: "…".'


class IdempotencyKeyReused(ApiProblem):
    code = "idempotency_key_reused"
    http_status = 422
    message = "This Idempotency-Key came with another request before. Take a new key for a new request."


class StillBeingAnswered(ApiProblem):
    code = "still_being_answered"
    http_status = 409
    message = "The request with this Idempotency-Key is being answered at this moment. Ask again in a while."


class SecretWasShown(ApiProblem):
    code = "secret_was_shown"
    http_status = 409
    message = (
        "This was done, and its answer held a secret that is kept nowhere. Make a new one for what was made."
    )

    @property
    def words(self) -> str:
        return f"{self.message} It is at {self.detail}"


class PreconditionFailed(ApiProblem):
    code = "precondition_failed"
    http_status = 412
    message = (
        "It was changed since you read it. Read it again, and send the ETag that it has then in If-Match."
    )


class PreconditionRequired(ApiProblem):
    code = "precondition_required"
    http_status = 428
    message = "Send If-Match with the ETag that it had when you read it."
