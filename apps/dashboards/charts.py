"""Charts for django-unfold's components: data and options as Chart.js reads them."""

import json
from collections.abc import Sequence

# Told apart by lightness as well as by hue, in either theme.
DONE = "var(--color-primary-500)"
REFUSED = "#e08a00"
TICKS = "#8b8a99"


def stacked_bars(
    labels: Sequence[str], series: Sequence[tuple[str, str, Sequence[int]]], *, x_title: str, y_title: str
) -> dict[str, str]:
    """Each series is a name, a colour and a value for each label; the vertical axis starts at zero."""
    data = {
        "labels": list(labels),
        "datasets": [
            {"label": name, "backgroundColor": colour, "data": list(values), "maxBarThickness": 28}
            for name, colour, values in series
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
