from apps.core.management.refused_command import RefusedCommand


class Command(RefusedCommand):
    help = "Refused here: no client registers itself."
    instead = "Clients are registered by administrators only: there are none for this to remove."
