"""Commands that come with libraries: those that would write past the rules and the log are refused."""

import pytest
from django.core.management import get_commands, load_command_class

from apps.core.management.refused_command import RefusedCommand
from tests.integration.commands.command_line import CommandLine

pytestmark = pytest.mark.any_database

REFUSED = {
    "changepassword": "manage.py users first-admin",
    "createsuperuser": "manage.py users first-admin",
    "createapplication": "manage.py clients create",
    "cleartokens": "System status",
    "clearcimdapplications": "administrators only",
}
OURS = {
    *("audit_proof", "export_evidence", "grant_serving_role", "verify_audit_log"),
    *("serve", "groups", "users", "rotate_keys", "clients", "demo_data"),
}
# For whoever works on the program or with the whole database in hand; Django's tests need some of them.
OF_DEVELOPERS = {
    *("check", "compilemessages", "createcachetable", "dbshell", "diffsettings", "dumpdata", "flush"),
    *("inspectdb", "loaddata", "makemessages", "makemigrations", "migrate", "optimizemigration", "shell"),
    *("showmigrations", "sqlflush", "sqlmigrate", "sqlsequencereset", "squashmigrations", "startapp"),
    *("startproject", "test", "testserver", "remove_stale_contenttypes", "clearsessions", "collectstatic"),
    *("findstatic", "runserver", "generateschema", "spectacular", "sendtestemail"),
}


def test_every_command_is_known() -> None:
    """What a new dependency brings is looked at before it can be run: refused or harmless, it is named here."""
    assert set(get_commands()) == {*REFUSED, *OURS, *OF_DEVELOPERS}


@pytest.mark.parametrize("name", REFUSED)
def test_command_that_passes_the_log_by_is_refused_in_one_line(manage: CommandLine, name: str) -> None:
    """And looks at nothing: this test has no database."""
    done = manage(name, "kim", "--noinput", "--username", "kim", typed="Another-Door-1!\n" * 2)
    assert (done.exit_code, done.out) == (1, "")
    assert REFUSED[name] in done.reason


def test_refused_commands_are_those_that_take_another_s_place() -> None:
    found = {
        name
        for name, app in get_commands().items()
        if isinstance(load_command_class(app, name), RefusedCommand)
    }
    assert found == set(REFUSED)
