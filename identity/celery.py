"""Celery carries wake-ups; the work itself is rows in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "identity.settings")

app = Celery("gatehouse", task_cls="apps.core.task_runs:NotedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
