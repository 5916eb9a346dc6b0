from apps.core.management.refused_command import RefusedCommand


class Command(RefusedCommand):
    help = "Refused here: the schedule does it."
    instead = "Expired tokens are removed by the worker's schedule, and at once under System status, Scheduled tasks."
