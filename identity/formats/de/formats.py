"""German dates, and times that say whose they are."""

DATE_FORMAT = "j. M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j. M Y, H:i e"
LONG_DATE_FORMAT = "j. F Y"
LONG_DATETIME_FORMAT = "j. F Y, H:i T"
DAY_FORMAT = "j. M"
WEEKDAY_FORMAT = "D j. M"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y, H:i e"
# The first is also how a form shows a time: nobody plans by the second.
TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S"]
