"""Single sign-on sessions."""

from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from rest_framework import serializers

from apps.audit.services.changes import Writing
from apps.core.api.errors import Conflict
from apps.core.api.fields import Output, PageQuery
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.views import ApiView
from apps.directory.selectors import people
from apps.signin.api.scopes import END_SESSIONS, SEE_SESSIONS
from apps.signin.models import Session
from apps.signin.services.departure import end_sessions_of
from apps.signin.services.sso_sessions import end_session

STATES = (("live", "live"), ("ended", "ended"))


class SessionShown(Output):
    id = serializers.UUIDField(help_text="The `sid` of ID tokens.")
    user = serializers.UUIDField(source="user_id")
    started_at = serializers.DateTimeField()
    authenticated_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.ChoiceField(Session.EndReason.choices, allow_blank=True)
    ip = serializers.CharField(allow_null=True)
    user_agent = serializers.CharField()
    amr = serializers.ListField(child=serializers.CharField(), help_text="RFC 8176.")


class SessionsQuery(PageQuery):
    user = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(STATES, required=False)


class EndedSessions(Output):
    ended = serializers.IntegerField()


class SessionsApi(ApiView):
    tag = "Sessions"
    shown: ClassVar[type[Output]] = SessionShown


class SessionsView(SessionsApi):
    @operation(
        "list_sessions", "List sessions", SEE_SESSIONS, query=SessionsQuery, answer=SessionShown, is_list=True
    )
    def get(self, request: Any) -> HttpResponse:
        rows = Session.objects.all()
        if "user" in self.query:
            rows = rows.filter(user_id=self.query["user"])
        match self.query.get("state"):
            case "live":
                rows = rows.live(now=self.now)
            case "ended":
                rows = rows.filter(Q(ended_at__isnull=False) | Q(expires_at__lte=self.now))
        return self.show_page(page_of(rows, self.query))


class SessionView(SessionsApi):
    @operation("get_session", "One session", SEE_SESSIONS, answer=SessionShown, has_etag=True)
    def get(self, request: Any, session_id: UUID) -> HttpResponse:
        return self.show(self.one_of(Session.objects.all(), session_id))


class EndSessionView(SessionsApi):
    @operation(
        "end_session", "End a session", END_SESSIONS, answer=SessionShown, has_etag=True, may_conflict=True
    )
    def post(self, request: Any, session_id: UUID) -> HttpResponse:
        """What applications got from it ends at their next request; what was granted for offline use stays."""
        rows = Session.objects.select_related("user")
        session = self.one_of(rows, session_id)
        self.expect_guards_pass("user", session.user)
        if session.expires_at <= self.now or not end_session(
            session_id=session.pk,
            reason=Session.EndReason.ENDED_BY_ADMINISTRATOR,
            actor=self.caller.actor,
            origin=self.origin,
            now=self.now,
        ):
            raise Conflict("ended already")
        return self.show(self.one_of(rows, session_id))


class EndSessionsOfPersonView(SessionsApi):
    shown = EndedSessions

    @operation(
        "end_sessions", "End all sessions of a person", END_SESSIONS, answer=EndedSessions, has_etag=True
    )
    def post(self, request: Any, user_id: UUID) -> HttpResponse:
        with transaction.atomic():
            person = self.one_of(people(), user_id)
            self.expect_guards_pass("user", person)
            ended = end_sessions_of(person.pk, Writing.of(self))
        return self.show({"ended": ended})
