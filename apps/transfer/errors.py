from apps.core.errors import DomainError


class DemoDataRefused(DomainError):
    """Made-up people do not belong among real ones."""

    code = "demo_data_refused"
    http_status = 409
    message = "Made-up data cannot be put here."
