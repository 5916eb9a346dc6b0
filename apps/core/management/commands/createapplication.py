from apps.core.management.refused_command import RefusedCommand


class Command(RefusedCommand):
    help = "Refused here: use `clients create`."
    instead = (
        "It would leave no trace in the audit log. To register a client, run `manage.py clients create`."
    )
