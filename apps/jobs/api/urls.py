from django.urls import path

from apps.jobs.api import work

urlpatterns = [
    path("jobs", work.JobsView.as_view(), name="jobs"),
    path("jobs/<uuid:job_id>", work.JobView.as_view(), name="job"),
]
