"""Celery's worker and beat as threads of the web process, for embedded mode.

The broker is this process's memory: wake-ups that are lost with it are made up for by the next sweep.
"""

import logging
import threading
from typing import Any, cast

from celery import current_app
from celery.beat import EmbeddedService
from celery.worker import WorkController

from apps.core.due_at_start import DueAtStart

log = logging.getLogger(__name__)


def start_embedded_worker() -> None:
    """One worker thread and one scheduler thread; both end with the process."""
    # current_app is a proxy that looks the app up per thread: the threads must get the app itself.
    app = cast("Any", current_app)._get_current_object()
    worker = WorkController(
        app=app,
        pool_cls="solo",
        concurrency=1,
        loglevel="WARNING",
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
    )
    threading.Thread(target=worker.start, name="embedded-worker", daemon=True).start()
    cast("Any", EmbeddedService(app, thread=True, scheduler_cls=DueAtStart)).start()
    log.info("embedded worker started")
