"""The Django project. Importing it makes Celery's app the one that `shared_task` finds."""

from identity.celery import app as celery_app

__all__ = ("celery_app",)
__version__ = "0.1.0"
