from apps.core.management.refused_command import RefusedCommand


class Command(RefusedCommand):
    help = "Refused here: passwords are set in the administration."
    instead = (
        "It would ask no password policy and leave no trace in the audit log. Set passwords in the administration, on "
        "the person's page; `manage.py users first-admin --username NAME --recover` lets an administrator in again."
    )
