from apps.core.management.refused_command import RefusedCommand


class Command(RefusedCommand):
    help = "Refused here: use `users first-admin`."
    instead = (
        "Rights come from roles here, and the audit log says who has them. For the first administrator run "
        "`manage.py users first-admin --username NAME`, for another `manage.py users create --username NAME --admin`."
    )
