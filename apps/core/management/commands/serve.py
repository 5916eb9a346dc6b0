"""`manage.py serve`: the web server; in embedded mode the background worker with it."""

import argparse
import itertools
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, connections
from django.db.migrations.executor import MigrationExecutor
from gunicorn.app.base import BaseApplication

from apps.core.arrival import LONGEST_LINE
from apps.core.count_store import counts
from apps.core.embedded_worker import start_embedded_worker
from apps.core.ports import start_up
from apps.core.web_worker import WebWorker

SPARE_SLOTS = 8
MANIFEST = "staticfiles.json"


class WebServer(BaseApplication):
    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return get_wsgi_application()


class Command(BaseCommand):
    help = "Serve Gatehouse. Embedded mode runs the background worker in the same process."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=_port, default=settings.SERVE["port"], help="default: PORT or 8000"
        )
        parser.add_argument("--bind", default=settings.SERVE["bind"], help="address to listen on")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            executor = MigrationExecutor(connections["default"])
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).strip()}") from error
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date; run `manage.py migrate` first.")
        if settings.STATIC_ROOT and not (settings.STATIC_ROOT / MANIFEST).is_file():
            raise CommandError(f"STATIC_DIR holds no {MANIFEST}; run `manage.py collectstatic` first.")
        if not settings.EMBEDDED and not settings.TRUSTED_PROXIES:
            self.stderr.write(
                "TRUSTED_PROXIES is empty: behind a proxy every request will seem to come from the proxy's address, "
                "and a lock on that address keeps everybody out."
            )
        if settings.MAIL_DELIVERY == "none":
            self.stderr.write(
                "EMAIL_URL is not set: no mail is sent, so nobody can choose a new password by mail."
            )
        for task in start_up:
            task()
        connections.close_all()
        # Twice as many: where all are replaced at once, new ones start before old ones have ended.
        counts.share(slots=2 * settings.SERVE["workers"] + SPARE_SLOTS)
        WebServer(
            {
                "bind": f"{options['bind']}:{options['port']}",
                "workers": settings.SERVE["workers"],
                "threads": settings.SERVE["threads"],
                "worker_class": WebWorker,
                "limit_request_line": LONGEST_LINE,
                # It would write past what keeps slow readers from holding a thread.
                "sendfile": False,
                "accesslog": None,
                "loglevel": "warning",
                "proc_name": "gatehouse",
                # Forwarded headers are judged by TRUSTED_PROXIES, not by gunicorn.
                "forwarded_allow_ips": "",
                "pre_fork": _before_fork,
                "post_fork": _in_own_slot,
                "post_worker_init": _after_fork,
            }
        ).run()


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 65_536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port; expected 1 to 65535")


def _before_fork(server: Any, worker: Any) -> None:
    taken = {other.counting_slot for other in server.WORKERS.values()}
    worker.counting_slot = next(slot for slot in itertools.count() if slot not in taken)


def _in_own_slot(server: Any, worker: Any) -> None:
    counts.store.use_slot(worker.counting_slot)


def _after_fork(worker: Any) -> None:
    if settings.EMBEDDED:
        start_embedded_worker()
