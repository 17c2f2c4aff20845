"""What was noticed in one file, in words."""

from analysis.intake.canonical import Plan
from analysis.intake.header import comment_remark
from analysis.intake.reading import Reading
from analysis.intake.table import Table, remark


def remarks_of(
    table: Table, planned: Plan, counts: dict, reading: Reading, order: str
) -> list[dict]:
    """Return what was noticed in one file, from the header down."""
    start = reading.headers["started_at"]
    told = [
        *_left_out(counts),
        *planned.remarks,
        *(remark("date-order-read", order, column=start) for _ in range(bool(order))),
        *_zones(counts, reading),
    ]
    for name in ("pain_before", "pain_after"):
        if counts[name]:
            message = f"{counts[name]} ratings have more than one decimal; they are kept in tenths"
            told.append(remark("rounded", message, column=reading.headers[name]))
    if counts["nul"]:
        message = f"{counts['nul']} texts held the character NUL, which was removed"
        told.append(remark("nul-removed", message))
    if "participant" not in reading.headers:
        message = (
            f"no column for the participant: read as the log of one person, called {reading.person}"
        )
        told.append(remark("participant-assumed", message))
    if counts["same_day"]:
        message = (
            f"{counts['same_day']} sessions share a date with another one and "
            "have no time; they keep the file's order"
        )
        told.append(remark("same-day-order", message))
    return [*table.remarks, *told]


def _left_out(counts: dict) -> list[dict]:
    """Return what is said of rows that are no data."""
    told = []
    if counts["blank"]:
        message = f"{counts['blank']} blank rows were counted and left out"
        told.append(remark("rows-blank", message))
    if counts["comments"]:
        told.append(comment_remark(counts["comments"]))
    if counts["skipped"]:
        message = f"{counts['skipped']} rows were left out, as the mapping says"
        told.append(remark("rows-skipped", message))
    if counts["joined"]:
        message = f"{counts['joined']} rows after a session were joined to the row before it"
        told.append(remark("rows-joined", message))
    return told


def _zones(counts: dict, reading: Reading) -> list[dict]:
    """Return what is said of offsets and zones."""
    start, zone = reading.headers["started_at"], reading.mapping.time.timezone
    told = []
    if counts["with_offset"] and counts["without_offset"]:
        where = f"in the stated zone {zone}" if zone else "as wall time"
        message = (
            f"{counts['without_offset']} times carry no offset from UTC and others do; those without "
            f"were read {where}"
        )
        told.append(remark("zone-mixed", message, column=start))
    if counts["chosen"]:
        message = f"{counts['chosen']} times at a change of clocks were settled as the mapping says"
        told.append(remark("time-chosen", message, column=start))
    if counts["dropped_zone"]:
        where = f"in the stated zone {zone}" if zone else "as wall time"
        message = (
            f"{counts['dropped_zone']} times name a zone such as EST, which is not trusted; they were "
            f"read {where}"
        )
        told.append(remark("zone-untrusted", message, column=start))
    return told
