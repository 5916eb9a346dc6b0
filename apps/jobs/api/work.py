"""Background work, newest first."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers

from apps.core.api.fields import Output, PageQuery
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.views import ApiView
from apps.jobs.api.scopes import SEE_JOBS
from apps.jobs.models import Job


class JobShown(Output):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    key = serializers.CharField(help_text="What it is about; empty where any number is open at once.")
    state = serializers.ChoiceField(Job.State.choices)
    attempts = serializers.IntegerField()
    done = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True)
    last_error = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    next_attempt_at = serializers.DateTimeField()


class JobsQuery(PageQuery):
    state = serializers.ChoiceField(Job.State.choices, required=False)
    kind = serializers.CharField(max_length=64, required=False)


class JobsApi(ApiView):
    tag = "Jobs"
    shown = JobShown
    # Inputs may be as good as a password, and are not even read.
    rows = Job.objects.defer("payload", "position", "outcome")


class JobsView(JobsApi):
    @operation("list_jobs", "List background work", SEE_JOBS, query=JobsQuery, answer=JobShown, is_list=True)
    def get(self, request: Any) -> HttpResponse:
        wanted = {name: self.query[name] for name in ("state", "kind") if name in self.query}
        return self.show_page(page_of(self.rows.filter(**wanted), self.query, newest_first=True))


class JobView(JobsApi):
    @operation("get_job", "One job", SEE_JOBS, answer=JobShown, has_etag=True)
    def get(self, request: Any, job_id: UUID) -> HttpResponse:
        return self.show(self.one_of(self.rows.all(), job_id))
