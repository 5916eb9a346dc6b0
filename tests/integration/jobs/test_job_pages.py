"""Jobs in the administration: seen by those who may, tried again or cancelled after a question."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.jobs.models import Job
from tests.factories.people import make_user
from tests.integration.admin.desk import action_page, at_desk, listing, make_staff, page_of

pytestmark = pytest.mark.django_db

LIST = "jobs.job"


def make_job(**fields: Any) -> Job:
    now = timezone.now()
    defaults: dict[str, Any] = {
        "kind": "test.gone",
        "payload": "{}",
        "next_attempt_at": now,
        "created_at": now,
        "actor_kind": "system",
    }
    return Job.objects.create(**(defaults | fields))


def test_list_says_how_far_each_job_is_and_what_went_wrong() -> None:
    make_job(key="kim@example.org", state="running", done=1_500, total=3_000)
    make_job(state="dead", attempts=8, last_error="The mail server said no.", finished_at=timezone.now())
    make_job(attempts=2, next_attempt_at=timezone.now() + timedelta(hours=1))
    page = at_desk(make_staff("jobs.view_job")).get(listing(LIST)).content.decode()
    for words in (
        "kim@example.org",
        "1,500 of 3,000",
        "Gave up",
        "The mail server said no.",
        "Tried again later",
    ):
        assert words in page


def test_list_names_whom_a_job_is_about_to_those_who_may_see_people() -> None:
    person = make_user(username="anna.keller")
    make_job(key=f"{person.pk} {uuid4()}")
    page = at_desk(make_staff("jobs.view_job", "directory.view_user")).get(listing(LIST)).content.decode()
    assert f'href="{page_of(person)}">anna.keller</a>' in page
    assert "anna.keller" not in at_desk(make_staff("jobs.view_job")).get(listing(LIST)).content.decode()


def test_list_costs_the_same_with_many_jobs() -> None:
    browser = at_desk(make_staff("jobs.view_job", "directory.view_user"))
    make_job(key=str(make_user().pk))
    browser.get(listing(LIST))
    with CaptureQueriesContext(connection) as few:
        browser.get(listing(LIST))
    for _ in range(40):
        make_job(key=str(make_user().pk))
    with CaptureQueriesContext(connection) as many:
        assert browser.get(listing(LIST)).status_code == 200
    assert len(many) == len(few)


def test_job_is_tried_again_by_whoever_may_change_jobs() -> None:
    job = make_job(state="dead", attempts=8)
    action = action_page(job, "retry")
    looker = at_desk(make_staff("jobs.view_job"))
    assert looker.post(action, {"confirmed": "1"}).status_code == 403
    keeper = at_desk(make_staff("jobs.view_job", "jobs.change_job"))
    assert "Tries 1 job that gave up again" in keeper.get(action).content.decode()
    job.refresh_from_db()
    assert job.state == "dead"
    assert "1 job is tried again" in keeper.post(action, {"confirmed": "1"}, follow=True).content.decode()
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("queued", 0)
    assert AuditEvent.objects.get(action="job.retried").target_id == str(job.pk)


def test_jobs_are_neither_made_nor_edited_by_hand() -> None:
    job = make_job()
    browser = at_desk(make_staff("jobs.view_job", "jobs.change_job", "jobs.add_job", "jobs.delete_job"))
    assert browser.get("/admin/jobs/job/add/").status_code == 403
    browser.post(page_of(job), {"state": "done"})
    assert browser.post(page_of(job, "delete"), {"confirmed": "1"}).status_code == 403
    job.refresh_from_db()
    assert job.state == "queued"
