"""What of an event is personal, in the one shape that it is kept in."""

from collections.abc import Mapping

from apps.audit.canonical import Json, storable
from apps.audit.ports import Subject
from apps.core.origin import Origin


def personal_values(
    *,
    actor: Subject,
    target: Subject,
    origin: Origin,
    before: Mapping[str, Json] | None,
    after: Mapping[str, Json] | None,
) -> Json:
    values: dict[str, Json] = {
        "actor_label": actor.label,
        "target_label": target.label,
        "ip": origin.ip,
        "user_agent": origin.user_agent,
        "before": before,
        "after": after,
    }
    return storable({name: value for name, value in values.items() if value is not None and value != ""})
