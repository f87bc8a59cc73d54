"""American formats of dates and times. DATETIME_FORMAT names the time zone, for pages that several people read."""

DATE_FORMAT = "F j, Y"
SHORT_DATE_FORMAT = "M j, Y"
MONTH_DAY_FORMAT = "F j"
YEAR_MONTH_FORMAT = "F Y"
TIME_FORMAT = "g:i A"
SHORT_DATETIME_FORMAT = "M j, Y, g:i A"
DATETIME_FORMAT = "M j, Y, g:i A T"
