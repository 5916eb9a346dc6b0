"""Asks for jobs until it is told to stop, and writes down each that was promised: its transaction has committed."""

import itertools
import json
import sys
import time
from pathlib import Path

from tests.soak.working import COUNTED, app

from django.db import Error, transaction  # isort: skip - after the apps are set up
from django.utils import timezone  # isort: skip

from apps.audit.ports import SYSTEM  # isort: skip
from apps.jobs.services.enqueue import enqueue  # isort: skip

assert app is not None


def main(promised: Path, until: Path) -> None:
    with promised.open("a", encoding="utf-8") as lines:
        for number in itertools.count():
            if until.exists():
                return
            name = f"soak.job.{number}"
            try:
                with transaction.atomic():
                    job = enqueue(kind=COUNTED.name, payload={"name": name}, actor=SYSTEM, now=timezone.now())
            except Error:
                # The database is away: nothing was promised. The connection is made anew by the next try.
                transaction.get_connection().close()
            else:
                lines.write(json.dumps({"job": str(job.pk), "name": name}) + "\n")
                lines.flush()
            time.sleep(0.3)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
