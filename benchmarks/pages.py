"""The pages and lists that are measured in a large installation. An upper app's addresses are added here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """Of somebody and something in the middle of it all, for addresses."""

    person: str
    username: str
    family_name: str
    client: str
    day: str
    address: str


def pages(names: Names) -> dict[str, str]:
    """Addresses by what they show."""
    people, log = "/admin/directory/user/", "/admin/audit/auditevent/"
    sessions, authorizations = "/admin/signin/session/", "/admin/oauth/authorization/"
    return {
        "overview": "/admin/",
        "system status": "/admin/dashboards/systemstatus/",
        "people": people,
        "people, page 200": f"{people}?p=200",
        "people, by department": f"{people}?department__exact=Legal",
        "people, by status": f"{people}?status__exact=deprovisioned",
        "people, locked": f"{people}?locked=yes",
        "people, administrators": f"{people}?is_staff__exact=1",
        "people, search by family name": f"{people}?q={names.family_name}",
        "people, search by user name": f"{people}?q={names.username}",
        "people, search in vain": f"{people}?q=nobody-has-this-name",
        "a person": f"{people}{names.person}/change/",
        "groups": "/admin/directory/group/",
        "audit log": log,
        "audit log, page 200": f"{log}?p=200",
        "audit log, last 14 days": f"{log}?when=14d",
        "audit log, one day": f"{log}?when={names.day}",
        "audit log, by frequent action": f"{log}?action=token.issued",
        "audit log, by rare action": f"{log}?action=user.unlocked",
        "audit log, by action that never was": f"{log}?action=job.cancelled",
        "audit log, refused": f"{log}?outcome=refused",
        "audit log, failed": f"{log}?outcome=error",
        "audit log, failed in one day": f"{log}?outcome=error&when={names.day}",
        "audit log, refused and by action": f"{log}?outcome=refused&action=token.refused",
        "audit log, by client": f"{log}?client_id={names.client}",
        "audit log, search for a person": f"{log}?q={names.username}",
        "audit log, search by id": f"{log}?q={names.person}",
        "audit log, search in vain": f"{log}?q=nobody-has-this-name",
        "checkpoints": "/admin/audit/sealbatch/",
        "sessions": sessions,
        "sessions, live": f"{sessions}?state=live",
        "sessions, search for a person": f"{sessions}?q={names.username}",
        "sessions, search by address": f"{sessions}?q={names.address}",
        "recognised browsers": "/admin/signin/recognisedbrowser/",
        "authorizations": authorizations,
        "authorizations, search for a person": f"{authorizations}?q={names.username}",
        "assignments": "/admin/access/assignment/",
        "assignments, search for a person": f"/admin/access/assignment/?q={names.username}",
        "jobs": "/admin/jobs/job/",
        "jobs, gave up": "/admin/jobs/job/?state__exact=dead",
    }
