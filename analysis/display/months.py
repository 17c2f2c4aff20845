"""The words of an axis of time, in the language that is being written."""

import re

from babel.dates import get_month_names
from matplotlib.dates import ConciseDateFormatter, DateLocator

from analysis.language import _, current

# Stands for a month until its name is known: strftime has the names of the computer's own language.
_MONTH = "<%m>"
_TICKS = ["%Y", _MONTH, "%d", "%H:%M", "%H:%M", "%S.%f"]


class Months(ConciseDateFormatter):
    """matplotlib's dates, as short as can be, with the names of months in any language.

    The names are taken when the formatter is made: a figure may be drawn after its language is left.
    """

    def __init__(self, locator: DateLocator) -> None:
        month, day, first = (text.format(year="%Y", month=_MONTH, day="%d") for text in _dates())
        super().__init__(
            locator,
            formats=_TICKS,
            zero_formats=["", "%Y", _MONTH, first, "%H:%M", "%H:%M"],
            offset_formats=["", "%Y", month, day, day, f"{day} %H:%M"],
        )
        names = get_month_names("abbreviated", "stand-alone", locale=current())
        self._months = {f"<{number:02}>": name for number, name in names.items()}

    def format_ticks(self, values) -> list[str]:
        """Return the labels of all ticks."""
        labels = [self._named(label) for label in super().format_ticks(values)]
        self._offset_string = self._named(self._offset_string)
        return labels

    def _named(self, label: str) -> str:
        return re.sub("<[0-9]{2}>", lambda found: self._months[found[0]], label)


def _dates() -> tuple[str, str, str]:
    """Return a month and a day as they stand once beside the axis, and the first day of a month on it."""
    return _("{year}-{month}"), _("{year}-{month}-{day}"), _("{month}-{day}")
