"""How a date or time may be written: patterns, and the digits of a month or hour in words."""

import re

# Arrow's patterns are RE2: linear in any text, \d is ASCII only, and $ is the very end.
_YEAR = r"(?:[1-9]\d{3}|0[1-9]\d\d|00[1-9]\d|000[1-9])"
_LEAP_YEAR = (
    r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"  # no year 0
)
_DATE = (
    rf"(?:{_YEAR}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    rf"|(?:0[13578]|1[02])-31)|{_LEAP_YEAR}-02-29)"
)
#: A date, or a date with a time of day, without an offset from UTC.
ISO = rf"{_DATE}(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{{1,9}})?)?)?"
ISO_OFFSET = rf"^(?P<wall>{ISO})\s?(?P<offset>Z|[+-](?:0\d|1[0-4]):?[0-5]\d)$"
# Spreadsheets put a narrow no-break space (U+202F) before AM and PM.
_BLANK = r"[\s\p{Zs}]"
_CLOCK = (
    rf"[Tt,]?{_BLANK}*(?P<hour>\d{{1,2}})[:.](?P<minute>\d{{2}})(?::(?P<second>\d{{2}}))?"
    rf"{_BLANK}*(?:(?P<half>[AaPp])\.?[Mm]\.?)?"
)
ZONE_TEXT = rf"{_BLANK}+\(?[A-Z]{{3,5}}(?:[+-]\d{{1,2}}(?::?\d{{2}})?)?\)?"
#: A text that ends in the name of a zone, and what stands before it.
BEFORE_ZONE = rf"^(?P<time>.*\d.*?){ZONE_TEXT}$"
_WORD = r"(?P<month>[A-Za-z]{3,9})"
_DAY = r"(?P<day>\d{1,2})"
_ORDINAL = rf"{_DAY}(?i:st|nd|rd|th)?"
#: Dates and times as people write them, in named parts.
YEAR_FIRST = rf"^(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.]{_DAY}(?:{_CLOCK})?$"
DAY_WORD = rf"^{_ORDINAL}[ .-]+{_WORD}\.?,?[ -]+(?P<year>\d{{4}})(?:{_CLOCK})?$"
WORD_DAY = rf"^{_WORD}\.? {_ORDINAL},? (?P<year>\d{{4}})(?:{_CLOCK})?$"


def year_last(first: str, second: str, zone_text: str = "") -> str:
    """Return the pattern of a date with the year last, whose first two parts are as given."""
    year = r"(?P<year>\d{4})"
    return rf"^{first}[-/.]\s?{second}[-/.]\s?{year}(?:{_CLOCK}{zone_text})?$"


DAY_FIRST = year_last(_DAY, r"(?P<month>\d{1,2})")
MONTH_FIRST = year_last(r"(?P<month>\d{1,2})", _DAY)
_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
#: A month as written, whole or cut to three letters or more -> its two digits.
MONTHS = {
    written: f"{number:02}"
    for number, name in enumerate(_MONTH_NAMES, start=1)
    for written in (
        *(str(number), f"{number:02}"),
        *(name[:length] for length in range(3, len(name) + 1)),
    )
}
#: An hour as written, with the "a" or "p" of its half day if it has one -> its two digits.
HOURS = {
    f"{shown:{width}}{half}": f"{hour:02}"
    for hour in range(24)
    for shown, half in ((hour, ""), ((hour - 1) % 12 + 1, "ap"[hour // 12]))
    for width in ("", "02")
}


def directives(form: str) -> list[str]:
    """Return the letters of the parts that a strptime format has."""
    return re.findall("%(.)", form)
