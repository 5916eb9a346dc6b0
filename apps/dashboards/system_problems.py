"""What is wrong with an installation, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.selectors import is_readable
from apps.dashboards.system import System, worker_is_late
from apps.keys.selectors import FIELDS_COUNTED
from apps.mail.selectors import Delivery

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Sealing runs every few seconds: a minute without it is no coincidence.
PATIENCE = timedelta(minutes=1)
# A daily task is overdue when it was missed once.
OVERDUE = 2
READ_WITHIN = timedelta(minutes=5)
VERIFIED_WITHIN = timedelta(days=2)


@dataclass(frozen=True)
class Problem:
    text: "StrOrPromise"
    remedy: "StrOrPromise"


def problems(system: System, *, now: datetime) -> list[Problem]:
    """The gravest first."""
    return [
        *_log(system, now),
        *_guards(system),
        *_witness(system, now),
        *_keys(system),
        *_worker(system, now),
        *_readers(system, now),
        *_jobs(system),
        *_mail(system),
        *_cache(system),
        *_settings(system),
    ]


def _log(system: System, now: datetime) -> Iterator[Problem]:
    verification, backlog = system.log.verification, system.log.backlog
    if system.log.checkpoint is not None and not is_readable(system.log.checkpoint):
        yield Problem(
            _("The newest checkpoint of the audit log cannot be read: the log does not verify."),
            _("Run manage.py verify_audit_log: it names the row."),
        )
    if verification is not None and not is_readable(verification):
        yield Problem(
            _("What the last verification of the audit log left was changed and cannot be read."),
            _("Run manage.py verify_audit_log to see how the log stands."),
        )
    elif verification is not None and not verification.is_intact:
        yield Problem(
            _("The last verification found the audit log tampered with."),
            _("Open the verification under Audit, and run manage.py verify_audit_log to see every finding."),
        )
    elif verification is not None and now - verification.finished_at > VERIFIED_WITHIN:
        yield Problem(
            _("The audit log was last verified %(time)s ago.")
            % {"time": timesince(verification.finished_at, now)},
            _("Run manage.py verify_audit_log, and see that celery beat is running."),
        )
    elif verification is None and _is_older(system, timedelta(days=1), now):
        yield Problem(
            _("The audit log has never been verified."),
            _("Run manage.py verify_audit_log, and see that the worker and its clock are running."),
        )
    if backlog is None:
        yield Problem(
            _("The newest seal of the audit log cannot be read, so nothing more is sealed."),
            _("Run manage.py verify_audit_log: it names the row."),
        )
    elif backlog.oldest_at is not None and now - backlog.oldest_at > PATIENCE:
        words = (
            ngettext("%(count)d event waits", "%(count)d events wait", backlog.count)
            if backlog.is_counted_out
            else _("At least %(count)d events wait")
        )
        count = words % {"count": backlog.count}
        yield Problem(
            _("%(count)s for a seal, the oldest for %(time)s.")
            % {"count": count, "time": timesince(backlog.oldest_at, now)},
            _(
                "See that the worker and celery beat are running, and look for SealChainBroken in the worker's log."
            ),
        )


def _guards(system: System) -> Iterator[Problem]:
    missing = system.log.missing_guards
    if missing:
        yield Problem(
            ngettext(
                "The database does not refuse changes of the audit log: trigger %(first)s is missing or disabled.",
                "The database does not refuse changes of the audit log: %(count)d triggers are missing or disabled, "
                "%(first)s among them.",
                len(missing),
            )
            % {"count": len(missing), "first": missing[0]},
            _(
                "Find out who did that, and run manage.py verify_audit_log: it finds what was changed meanwhile. "
                "Enable what was disabled, and put back what was dropped from the schema of a backup."
            ),
        )


def _is_older(system: System, age: timedelta, now: datetime) -> bool:
    """Whether the installation is."""
    return system.log.began_at is not None and now - system.log.began_at > age


def _witness(system: System, now: datetime) -> Iterator[Problem]:
    witness, checkpoint = system.log.witness, system.log.checkpoint
    if witness is None:
        return  # Openly chosen: nothing starts in production before that.
    if witness.error:
        yield Problem(
            _("The witness of the audit log cannot be read: %(error)s") % {"error": witness.error},
            _(
                "Mend the file or its permissions, or put back a copy. Only when it is lost for good, move it away, "
                "and run manage.py verify_audit_log: with such a file it never finds the log intact."
            ),
        )
    elif witness.number is not None and (checkpoint is None or witness.number > checkpoint.number):
        yield Problem(
            _("The witness names checkpoint %(number)d, which the database does not hold.")
            % {"number": witness.number},
            _(
                "The log was cut, or a backup was restored. Run manage.py verify_audit_log; "
                "after a restore that was wanted, move the witness file away."
            ),
        )
    elif checkpoint is not None and is_readable(checkpoint) and now - checkpoint.sealed_at > PATIENCE:
        yield from _missed_by_witness(system, checkpoint.number, witness.number)


def _missed_by_witness(system: System, newest: int, witnessed: int | None) -> Iterator[Problem]:
    if witnessed is None and not system.release.is_embedded:
        return  # In production the workers of another host may seal, and keep a witness there.
    if witnessed is None or witnessed < newest:
        yield Problem(
            _("The witness of the audit log is behind: checkpoint %(number)d is not in it.")
            % {"number": newest},
            _("Look for audit_witness_not_kept in the worker's log: the file cannot be written."),
        )


def _keys(system: System) -> Iterator[Problem]:
    for purpose, algorithm in system.keys.missing:
        yield Problem(
            _("There is no active %(algorithm)s key for %(purpose)s.")
            % {"algorithm": algorithm, "purpose": purpose},
            _("Restart the web server: it makes the keys that are missing."),
        )
    if count := system.keys.field.under_old:
        yield Problem(
            _("At least %(count)d values are not encrypted with the new key yet.") % {"count": count}
            if count >= FIELDS_COUNTED
            else ngettext(
                "%(count)d value is not encrypted with the new key yet.",
                "%(count)d values are not encrypted with the new key yet.",
                count,
            )
            % {"count": count},
            _(
                "Run manage.py rotate_keys --reencrypt once every process has been restarted with the new key, and "
                "leave the old keys in FIELD_ENCRYPTION_KEYS until then."
            ),
        )


def _worker(system: System, now: datetime) -> Iterator[Problem]:
    tasks = system.tasks
    if worker_is_late(tasks, now=now, patience=PATIENCE):
        newest = tasks.newest
        yield Problem(
            _("No background task has run for %(time)s.") % {"time": timesince(newest.ended_at, now)}
            if newest
            else _("No background task has run yet."),
            _("Start manage.py serve again.")
            if system.release.is_embedded
            else _("Start the worker (celery -A identity worker) and the clock (celery -A identity beat)."),
        )
        return
    if not tasks.is_known and not system.cache.error:
        yield Problem(
            _("The notes on background tasks cannot be read: something else writes to the cache."),
            _("Give Gatehouse a Redis of its own, and delete the keys that hold task_runs."),
        )
    for task in tasks.scheduled:
        if task.run is None:
            if tasks.is_known and _is_older(system, OVERDUE * task.every, now):
                yield Problem(
                    _("The task “%(title)s” has never run.") % {"title": task.title},
                    _("See that the clock runs, exactly once, and that the worker keeps up."),
                )
            continue
        if task.run.error:
            yield Problem(
                _("The task “%(title)s” failed with %(error)s.")
                % {"title": task.title, "error": task.run.error},
                _("The worker's log says why; the task tries again by itself."),
            )
        elif now - task.run.ended_at > OVERDUE * task.every + PATIENCE:
            yield Problem(
                _("The task “%(title)s” is overdue.") % {"title": task.title},
                _("See that celery beat runs, exactly once, and that the worker keeps up."),
            )


def _readers(system: System, now: datetime) -> Iterator[Problem]:
    for reader in system.readers.states:
        title = reader.cursor.title
        if reader.has_failed:
            yield Problem(
                _("The reader “%(title)s” fails with %(error)s, %(count)d events behind.")
                % {"title": title, "error": reader.cursor.last_error, "count": reader.behind},
                _(
                    "The worker's log says why. It tries again by itself; where one event is at fault, open Readers of "
                    "the log and set it aside."
                ),
            )
        elif reader.since is not None and now - reader.since > READ_WITHIN:
            yield Problem(
                _("The reader “%(title)s” is %(count)d events behind, the first of them for %(time)s.")
                % {"title": title, "count": reader.behind, "time": timesince(reader.since, now)},
                _("See that the worker is running and keeps up; after a large import this takes a while."),
            )
    if count := system.readers.set_aside:
        yield Problem(
            ngettext(
                "%(count)d event was set aside and is not dealt with.",
                "%(count)d events were set aside and are not dealt with.",
                count,
            )
            % {"count": count},
            _("Open Events set aside; hand them in again once the cause is mended."),
        )


def _jobs(system: System) -> Iterator[Problem]:
    if system.dead_jobs:
        yield Problem(
            ngettext("%(count)d job gave up.", "%(count)d jobs gave up.", system.dead_jobs)
            % {"count": system.dead_jobs},
            _("Open Jobs, look at those that gave up, and try them again or cancel them."),
        )


def _mail(system: System) -> Iterator[Problem]:
    if system.mail.delivery is Delivery.NONE:
        yield Problem(
            _("No mail is sent: people cannot choose a new password by themselves, and are told nothing."),
            _("Set EMAIL_URL to your mail server, and MAIL_FROM to an address that it may send from."),
        )
    if system.mail.waiting:
        yield Problem(
            ngettext(
                "%(count)d mail could not be sent yet.",
                "%(count)d mails could not be sent yet.",
                system.mail.waiting,
            )
            % {"count": system.mail.waiting},
            _("Open Jobs: the last error of those that are tried again later says why."),
        )


def _cache(system: System) -> Iterator[Problem]:
    if system.cache.error:
        yield Problem(
            _("The cache does not answer (%(error)s).") % {"error": system.cache.error},
            _("See that Redis is running and that REDIS_URL names it."),
        )


def _settings(system: System) -> Iterator[Problem]:
    if system.release.is_embedded:
        return
    if not system.has_rate_limits:
        yield Problem(
            _(
                "RATE_LIMIT_PERCENT is 0: passwords, secrets and the API may be tried as often as anybody likes."
            ),
            _("Leave it out, or set it to 100. Only a load test needs it lower or higher."),
        )
    if not system.has_proxies:
        yield Problem(
            _("TRUSTED_PROXIES is empty: behind a proxy, all requests seem to come from the proxy."),
            _("Set it to the network of your proxy, or lock-out by address keeps everybody out at once."),
        )
