"""Every group of a cohort in words: what was done, what followed, how often by how much."""

from collections.abc import Callable

import pandas as pd

from analysis.findings import Findings
from analysis.language import N_, _
from analysis.sessions import SCALES
from analysis.statistics import enough
from analysis.wording import numbers
from analysis.wording.blocks import ONLY_COMBINED, WITHOUT_ROWS, Block, TextTable, min_people

# Beside every share of sessions or people, on any scale.
_STAR = N_("* Like the 30 %, set for change over weeks, not one session.")
# Beside every share on the 0 to 10 scale, and once a report the note on it (statistics.md, 12).
_BENCHMARK = N_(
    "* Like the 30 %, set for change over weeks, not one session. Untreated ratings after a personal high: "
    "54 % (≥2), 36 % (≥30 %); see note."
)
_NOTE = N_(
    "Note: Sessions are started when pain is high, and high pain tends to fall by itself. In a published "
    "app cohort of chronic back pain, before any study treatment, ratings at least {above} above the "
    "person's own average were followed within 24 hours by a rating {lower} points lower on average; "
    "54 % were ≥2 points lower, 36 % ≥30 % lower. Usual care was not recorded; ratings were hours "
    "apart, so this probably overstates change within minutes. (Recomputed from public raw data: "
    "siddharth-r-tiwari/pain-variability-and-relief.)"
)


def footnotes(scales: pd.Series) -> tuple[str, ...]:
    """Return what stands beside shares on these scales: the benchmark is of the 0 to 10 scale."""
    if scales.empty:
        return ()
    if not scales.eq("NRS0-10").any():
        return (_(_STAR),)
    note = _(_NOTE).format(above=numbers.points(1.5), lower=numbers.points(1.9))
    return (_(_BENCHMARK), note)


def done_block(results: Findings) -> Block:
    """Return every group, analysed or not: people first, starting pain beside the reduction."""
    cells = results.tables["cells"]
    table = TextTable(
        _(
            "Every group that was logged, analysed or not: drop ({units}), positive is less pain; shares are "
            "averages over people of each person's share of sessions"
        ).format(units=numbers.units(cells["scale"])),
        (
            _("region, technique"),
            _("people"),
            _("median min"),
            _("no after, of sessions"),
            _("start"),
            _("drop (95 % interval)"),
            _close(_("30 % less")),
            _("2 less*"),
            _("2 more"),
            _close(_("people 30 % less")),
        ),
        _rows(results),
        (False, True, True, True, True, False, True, True, True, True),
    )
    notes = (*cell_notes(cells), *_sizes(results), *_no_minutes(results), *_medicine(results))
    return Block(_("What was done, and what followed"), notes, table)


def _close(header: str) -> str:
    """Return a header whose percent sign stays beside its number."""
    return header.replace(" %", "\u00a0%")


def _rows(results: Findings) -> list[tuple[str, ...]]:
    """Return a row for every group."""
    keys = ["region", "technique", "scale", "rule"]
    rules, least = results.tables["responders"].set_index(keys), min_people(results)
    rows = []
    for row in results.tables["cells"].itertuples():
        known = not row.reason or row.reason == enough.NO_VARIATION
        shares = [rules.loc[(row.region, row.technique, row.scale, rule)] for rule in _SHARES]
        rows.append(
            (
                numbers.cell_name(row),
                numbers.count(row.n_people),
                numbers.rating(row.minutes) if known else numbers.UNKNOWN,
                numbers.counted(row.n_missing, row.n_sessions + row.n_missing),
                numbers.points(row.mean_before),
                numbers.estimate(row, least),
                *[numbers.percent(share["share"]) for share in shares],
                numbers.counted(shares[0]["people"], shares[0]["people_of"]),
            )
        )
    return rows


def _sizes(results: Findings) -> list[str]:
    """Return what 2 less and 2 more are in mm, where a group is on that scale."""
    mm = bool(results.tables["cells"]["scale"].ne("NRS0-10").any())
    sizes = _("On the 0 to 100 scale, 2 less is {n} mm less, 2 more is 20 mm more.")
    return [sizes.format(n=numbers.count(results.about["parameters"]["vas_two"]))] * mm


def _no_minutes(results: Findings) -> list[str]:
    note = _("Median minutes: {why}").format(why=_(WITHOUT_ROWS))
    return [note] * bool(results.about.get("without_rows"))


def _medicine(results: Findings) -> list[str]:
    """Return what was taken the same day, where a session of the log says it; other words are counted."""
    if "medicine" not in results.tables or results.tables["medicine"].empty:
        return []
    counts = results.tables["medicine"].set_index("answer")
    first, told = counts.iloc[0], counts["n_with"]
    sessions = numbers.sessions(first["n_sessions"])
    if pd.isna(told["yes"]):
        hidden = _("Medicine the same day: not enough people ({n} of {least}).")
        n, least = numbers.count(first["n_people"]), numbers.count(min_people(results))
        return [hidden.format(n=n, least=least)]
    line = _("Medicine the same day: yes {yes}, no {no}, not recorded {blank} of {sessions}.")
    if told["other"]:
        line = _(
            "Medicine the same day: yes {yes}, another answer {other}, no {no}, not recorded {blank} of "
            "{sessions}."
        )
    yes, other, no, blank = map(numbers.count, told[["yes", "other", "no", "not recorded"]])
    return [line.format(yes=yes, other=other, no=no, blank=blank, sessions=sessions)]


#: The rules shown beside every group: at least 30 % and 2 points less, and 2 points worse.
_SHARES = ("30 percent", "2 points", "worse by 2")


def cell_notes(cells: pd.DataFrame, name: Callable = numbers.cell_name) -> list[str]:
    """Return what warns of the averages of ``reduction``, each row under its name."""
    heavy = cells[cells["largest_share"] > enough.HEAVY_LOGGER]
    point = cells["scale"].map({scale: of["two_points"] / 20 for scale, of in SCALES.items()})
    differ = (cells["estimate"] - cells["session_estimate"]).abs() / point
    unequal = cells[differ > enough.WEIGHTS_DIFFER]
    warned = cells[cells["estimate"].notna() & (cells["missing_share"] > enough.MISSING_WARNED)]
    notes = [
        _listed(
            _("One person gave over {limit} of the sessions in: {groups}."),
            {
                name(row): numbers.above(row.largest_share, enough.HEAVY_LOGGER)
                for row in heavy.itertuples()
            },
            enough.HEAVY_LOGGER,
        ),
        _listed(
            _(
                "Counting sessions instead of people, dominated by heavy loggers, would give: {groups}."
            ),
            {name(row): numbers.points(row.session_estimate) for row in unequal.itertuples()},
        ),
        _listed(
            _("Over {limit} of the sessions have no after rating, read with care: {groups}."),
            {
                name(row): numbers.above(row.missing_share, enough.MISSING_WARNED)
                for row in warned.itertuples()
            },
            enough.MISSING_WARNED,
        ),
        _imprecise(cells),
    ]
    return [note for note in notes if note]


def _listed(note: str, values: dict[str, str], limit: float = 0) -> str:
    """Return a note on groups, each with its value: "...: buttocks, rest (31 %); ...", or nothing."""
    named = "; ".join(f"{name} ({value})" for name, value in values.items())
    return note.format(groups=named, limit=numbers.percent(limit)) if named else ""


def _imprecise(cells: pd.DataFrame) -> str:
    """Return what too imprecise means, where a group is."""
    scales = cells.loc[cells["imprecise"], "scale"]
    if scales.empty:
        return ""
    if scales.ne("NRS0-10").any():
        return _(
            "Too imprecise: the interval reaches more than 1 point (10 mm) to each side, too imprecise to "
            "tell a useless from a useful difference."
        )
    return _(
        "Too imprecise: the interval reaches more than 1 point to each side, too imprecise to tell a "
        "useless from a useful difference."
    )


def responder_block(results: Findings) -> Block:
    """Return how often sessions were followed by a change of at least so much."""
    overall = results.tables["overall_responders"]
    lines = [
        line
        for scale, rules in overall.groupby("scale")
        if rules["share"].notna().any()
        for line in _responders(scale, rules.set_index("rule"), results)
    ]
    # The table of groups has shares too, also where those of all together are not shown.
    everywhere = pd.concat([overall, results.tables["responders"]])
    notes = footnotes(everywhere.loc[everywhere["share"].notna(), "scale"])
    shown = lines or [_not_shown(overall, results)]
    return Block(_("Immediate change of at least …"), (*shown, *notes))


def _not_shown(overall: pd.DataFrame, results: Findings) -> str:
    """Return why there are no shares of all groups together."""
    if results.tables["overall"].empty:
        return _(ONLY_COMBINED)
    whole = overall.drop_duplicates("scale").itertuples()
    reasons = dict.fromkeys(numbers.reason(row, min_people(results)) for row in whole)
    if not reasons:
        return _("Not shown: no session other than rest.")
    return _("Not shown: {reasons}.").format(reasons="; ".join(reasons))


def rule_words(scale: str, results: Findings) -> dict[str, str]:
    """Return each rule's words on a scale; what counts as worse is no setting."""
    two = numbers.two(scale, results.about["parameters"]["vas_two"])
    return {
        "30 percent": _("30 % or more lower"),
        "2 points": _("{two} or more lower*").format(two=two),
        "both": _("both"),
        "worse by 2": _("{two} or more higher").format(two=numbers.two(scale)),
    }


def _responders(scale: str, rules: pd.DataFrame, results: Findings) -> list[str]:
    """Return the lines of one scale: shares of sessions, people, sessions that start low or high."""
    words, least = rule_words(scale, results), min_people(results)
    shares = "; ".join(_share(text, rules.loc[rule], least) for rule, text in words.items())
    n_people = int(rules["n_people"].max())
    line = _shares_line(scale, few=bool(numbers.few(n_people, least))).format(
        n=numbers.count(n_people), shares=shares
    )
    met = rules.reindex(["30 percent", "2 points"]).dropna(subset="people")
    people = "; ".join(_people(words[rule], row) for rule, row in met.iterrows())
    means = _("People's own mean change (95 % interval): {people}.").format(people=people)
    return [line, means, _low_starts(scale, rules, results)]


def _shares_line(scale: str, *, few: bool) -> str:
    """Return the sentence on shares of sessions."""
    if scale == "NRS0-10":
        return (
            _(
                "Sessions other than rest, average of {n} people's shares (few people, 95 % interval): "
                "{shares} of sessions."
            )
            if few
            else _(
                "Sessions other than rest, average of {n} people's shares (95 % interval): {shares} of "
                "sessions."
            )
        )
    if few:
        return _(
            "Sessions other than rest on the 0 to 100 scale, average of {n} people's shares (few people, "
            "95 % interval): {shares} of sessions."
        )
    return _(
        "Sessions other than rest on the 0 to 100 scale, average of {n} people's shares (95 % interval): "
        "{shares} of sessions."
    )


def _people(words: str, row: pd.Series) -> str:
    """Return in how many people the mean change meets a rule."""
    return _("{rule} in {people} ({interval})").format(
        rule=words,
        people=numbers.counted(row["people"], row["people_of"]),
        interval=numbers.share_interval(row["people_low"], row["people_high"]),
    )


def _share(words: str, rule: pd.Series, least: int) -> str:
    """Return a rule's share of sessions, or why there is none."""
    if pd.isna(rule["share"]):
        return f"{words}: {numbers.reason(rule, least)}"
    share = numbers.share(rule["share"], rule["low"], rule["high"])
    return _("{rule} after {share}").format(rule=words, share=share)


def _low_starts(scale: str, rules: pd.DataFrame, results: Findings) -> str:
    """Return how many sessions started too low to fall far, and the shares of those that did not."""
    overall = results.tables["overall"]
    row = overall[(overall["sessions_of"] != "rest") & (overall["scale"] == scale)].iloc[0]
    floor, end_0 = (
        numbers.counted(round(row[name] * row["n_sessions"]), row["n_sessions"])
        for name in ("floor_share", "end_0_share")
    )
    starts = _(
        "{floor} started at 1 or below, {end_0} ended at 0. Only those that started at 4 or above: {high}."
    )
    if scale != "NRS0-10":
        starts = _(
            "{floor} started at 10 mm or below, {end_0} ended at 0. Only those that started at 40 mm or "
            "above: {high}."
        )
    high = _from_4(scale, results)
    return f"{_started_at_0(rules)} {starts.format(floor=floor, end_0=end_0, high=high)}"


def _started_at_0(rules: pd.DataFrame) -> str:
    """Return what the 30 % leaves out, and of how many people it is where some only started at 0."""
    sessions = numbers.sessions(int(rules["n_start_0"].iloc[0]))
    every = rules["n_people"].max()
    fewer = rules["n_people"].get("30 percent", every)
    if not 0 < fewer < every:
        return _("Left out of the 30 %: {sessions} that started at 0.").format(sessions=sessions)
    told = _(
        "Left out of the 30 %: {sessions} that started at 0, so that it is of the {people} who ever started "
        "above 0."
    )
    return told.format(sessions=sessions, people=numbers.people(int(fewer)))


def _from_4(scale: str, results: Findings) -> str:
    """Return the shares of sessions that started high enough for both rules to ask the same."""
    table = results.tables["overall_from_4"]
    rules = table[table["scale"] == scale].set_index("rule")
    first = next(rules.itertuples())
    if first.reason:
        return numbers.reason(first, min_people(results))
    share, words = rules["share"].map(numbers.percent), rule_words(scale, results)
    told = ", ".join(
        _("{rule} after {share}").format(rule=words[rule], share=share[rule])
        for rule in ("30 percent", "2 points")
    )
    people = numbers.people(first.n_people) + numbers.few(first.n_people, min_people(results))
    return f"{told}; {people}, {numbers.sessions(int(first.n_sessions))}"
