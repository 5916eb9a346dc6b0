"""Charts for django-unfold's components: data and options as Chart.js reads them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

# Told apart by lightness as well as by hue, in either theme.
DONE = "var(--color-primary-500)"
REFUSED = "#e08a00"
TICKS = "#8b8a99"


@dataclass(frozen=True)
class Series:
    """A value for each label, and the address of the rows behind it."""

    name: str
    colour: str
    values: Sequence[int]
    links: Sequence[str]


def stacked_bars(
    labels: Sequence[str], series: Sequence[Series], *, x_title: str, y_title: str
) -> dict[str, str]:
    """The vertical axis starts at zero; a click on a bar opens its link (admin.js)."""
    data = {
        "labels": list(labels),
        "datasets": [
            {
                "label": one.name,
                "backgroundColor": one.colour,
                "data": list(one.values),
                "links": list(one.links),
                "maxBarThickness": 28,
            }
            for one in series
        ],
    }
    axis = {
        "stacked": True,
        "ticks": {"color": TICKS, "precision": 0, "maxRotation": 0},
        "border": {"display": False},
    }
    options = {
        "animation": False,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {
            "legend": {"position": "top", "align": "end", "labels": {"color": TICKS, "boxWidth": 12}}
        },
        "scales": {
            "x": {**axis, "grid": {"display": False}, "title": _title(x_title)},
            "y": {
                **axis,
                "beginAtZero": True,
                "suggestedMax": 4,
                "grid": {"lineWidth": 0.5},
                "title": _title(y_title),
            },
        },
    }
    return {"data": json.dumps(data), "options": json.dumps(options)}


def _title(text: str) -> dict[str, object]:
    return {"display": True, "text": text, "color": TICKS}
