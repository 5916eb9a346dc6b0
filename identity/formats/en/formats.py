"""English dates that no reader takes for another day, and times that say whose they are."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i e"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i e"
# The first is also how a form shows a time: nobody plans by the second.
TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S"]
