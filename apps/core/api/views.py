"""The one view that every resource of the API is made of: authentication, limit, rights, parsing, ETags."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.api import errors
from apps.core.api.caller import Caller, authenticator
from apps.core.api.fields import Output, read_body, read_query
from apps.core.api.limits import CALLS, charge_call
from apps.core.api.operations import Operation, operation_of
from apps.core.api.paging import Page
from apps.core.api.parsing import JsonObject, MergePatch
from apps.core.api.scopes import Need, rights_of
from apps.core.bearer import bearer_in_header
from apps.core.errors import MethodNotAllowed
from apps.core.guards import is_within_reach, passes_guards, rights_given
from apps.core.origin import Origin, origin_of
from apps.core.rate_limits import Standing, TooManyRequests


def _has_body(request: Request) -> bool:
    """Nothing stands for nothing: an empty body is no empty object. Lengths are declared: the server sees to it."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0) > 0
    except ValueError:
        return False


class ApiView(APIView):
    """Methods are marked with `operation`; one that is not marked is not there."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (JsonObject, MergePatch)
    renderer_classes = (JSONRenderer,)
    # Nobody is told by OPTIONS what the OpenAPI document says.
    http_method_names = ["get", "head", "post", "patch", "put", "delete"]

    tag: ClassVar[str] = ""
    caller: Caller
    now: datetime
    origin: Origin
    query: Mapping[str, Any]
    _standing: Standing | None = None

    # On the way in --------------------------------------------------------------------------------------------------

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.now = timezone.now()
        self.format_kwarg = None
        self.caller = self._authenticate(request)
        self._standing = charge_call(self.caller, now=self.now)
        if not self._standing.is_allowed:
            raise TooManyRequests
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        asked = operation_of(self, str(request.method))
        if asked is None:
            raise MethodNotAllowed
        self._check(asked.need)
        self.query = read_query(asked.query_in_full, request.query_params)
        self.origin = origin_of(
            request._request, client_id=self.caller.client_id, session_id=self.caller.session_id
        )

    def _authenticate(self, request: Request) -> Caller:
        """By the header alone: a token in an address ends up in logs. Validity is judged now, by what it hangs on."""
        value = bearer_in_header(request.headers.get("Authorization", ""))
        if value is None:
            raise errors.NotAuthenticated
        if not value:
            raise errors.MalformedAuthorization
        caller = authenticator.get()(value, self.now)
        if caller is None:
            raise errors.InvalidToken
        return caller

    def _check(self, need: Need | None) -> None:
        if need is None:
            if not self.caller.scopes:
                raise errors.InsufficientScope("")
            return
        if need.scope.name not in self.caller.scopes:
            raise errors.InsufficientScope(need.scope.name)
        if not need.is_met_by(self.caller.by):
            raise errors.RightMissing(need.right)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, HttpResponse):
            response["Cache-Control"] = "no-store"
            # Which token it was asked with decides what an answer says.
            response["Vary"] = "Authorization, Accept"
        if self._standing is not None and CALLS.scaled_quota:
            for name, value in self._standing.headers.items():
                response[name] = value
        return response

    # What methods use -----------------------------------------------------------------------------------------------

    @property
    def operation(self) -> Operation:
        found = operation_of(self, str(self.request.method))
        assert found is not None, "initial() has refused it otherwise"  # noqa: S101
        return found

    def body(self) -> dict[str, Any]:
        """What was sent, as the operation's `body` reads it.

        Raises: MalformedBody, UnsupportedMediaType, InvalidFields.
        """
        asked = self.operation
        assert asked.body is not None, "an operation that takes no body has asked for one"  # noqa: S101
        if not _has_body(self.request):
            raise errors.MalformedBody("empty")
        return read_body(asked.body, self.request.data, is_partial=asked.is_partial)

    def one_of(self, rows: QuerySet[Any], key: Any) -> Any:
        found = rows.filter(pk=key).first()
        if found is None:
            raise Http404
        return found

    def locked(self, rows: QuerySet[Any], key: Any) -> Any:
        """The row, held until the transaction ends: two who change it come one after the other."""
        assert transaction.get_connection().in_atomic_block, "a lock needs a transaction"  # noqa: S101
        manager: Any = rows.model._base_manager
        # By itself: PostgreSQL locks no row that is joined from the side that may be missing.
        if not list(manager.select_for_update(no_key=True).filter(pk=key).values_list("pk")):
            raise Http404
        return self.one_of(rows, key)

    def expect_unchanged(self, obj: Model) -> None:
        """Spec: RFC 9110 §13.1.1; RFC 6585 §3. Raises: PreconditionRequired, PreconditionFailed."""
        sent = self.request.headers.get("If-Match")
        if sent is None:
            raise errors.PreconditionRequired
        if sent.strip() == "*":
            return
        if self._etag(self._rendered(obj)) not in parse_etags(sent):
            raise errors.PreconditionFailed

    def require(self, need: Need) -> None:
        """For a part of an operation that takes more than the whole. Raises: InsufficientScope, RightMissing."""
        self._check(need)

    def expect_guards_pass(self, kind: str, obj: Model) -> None:
        if not passes_guards(self.caller.by, kind, obj):
            raise errors.OutOfReach

    def expect_within_reach(self, kind: str, obj: Model) -> None:
        if not is_within_reach(self.caller.by, kind, obj):
            raise errors.OutOfReach

    def expect_token_carries_what_it_gives(self, kind: str, obj: Model) -> None:
        """A token that may hand the object on carries all that is had by it, whoever it is that acts."""
        if not rights_given(kind, obj) <= rights_of(self.caller.scopes):
            raise errors.OutOfReach("more than the token carries")

    # On the way out -------------------------------------------------------------------------------------------------

    shown: ClassVar[type[Output]]

    def _rendered(self, obj: Any, as_one: type[Output] | None = None) -> bytes:
        return JSONRenderer().render((as_one or self.shown)(obj).data)

    def _etag(self, rendered: bytes) -> str:
        return f'"{hashlib.sha256(rendered).hexdigest()[:32]}"'

    def show(
        self,
        obj: Any,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        location: str = "",
        as_one: type[Output] | None = None,
    ) -> HttpResponse:
        """The object with its ETag, or 304 for who has it already. `as_one`: where it is not `shown`."""
        rendered = self._rendered(obj, as_one)
        tag = self._etag(rendered)
        if self.request.method in {"GET", "HEAD"} and tag in parse_etags(
            self.request.headers.get("If-None-Match", "")
        ):
            return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
        headers = {"ETag": tag, **({"Location": location} if location else {})}
        return HttpResponse(rendered, status=status, content_type="application/json", headers=headers)

    def show_page(self, page: Page[Any]) -> HttpResponse:
        shown: Any = self.operation.answer
        said = {"items": shown(page.rows, many=True).data, "next_cursor": page.next_cursor}
        response = HttpResponse(JSONRenderer().render(said), content_type="application/json")
        if page.next_cursor:
            again = {name: value for name, value in self.request.query_params.items() if name != "cursor"}
            address = f"{self.request.path}?{urlencode({**again, 'cursor': page.next_cursor})}"
            # Spec: RFC 8288 §3.
            response["Link"] = f'<{address}>; rel="next"'
        return response

    def done(self) -> HttpResponse:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
