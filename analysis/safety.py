"""What in a log needs a clinician, and the texts that say so. No other room holds a safety text.

A flag that is not raised does not mean safe. Numbers never clear a flag, and words in notes only
hint at one; notes are never quoted.
"""

import re

import numpy as np
import pandas as pd

from analysis.language import N_, _
from analysis.statistics.worse_after import SYMPTOMS, higher, present

#: The exact texts (safety.md, 2), and what they are where no sessions can be told: of people, of some
#: people, of notes that are not counted, of pain. {emergency_contact} is ``emergency_contact``.
TEXTS = {
    "M0": N_(
        "Get emergency help ({emergency_contact}) for any of these: numbness or pins and needles "
        "between the legs, round the genitals, buttocks or back passage; new trouble with bladder, "
        "bowels or sexual function; pain, numbness, tingling or weakness in both legs. Do not massage "
        "and do not wait. No flag ticked does not mean safe. Talk to your healthcare provider before "
        "starting, changing or stopping anything."
    ),
    "M1": N_(
        "WARNING SIGN IN THIS LOG: {sign}, {n} of {total} sessions, last on {date}. This can need "
        "emergency care. {emergency_contact}."
    ),
    "M1 of people": N_(
        "WARNING SIGN IN THIS LOG: {sign}, {n} of {people}. This can need emergency care. "
        "{emergency_contact}."
    ),
    "M1 of some": N_(
        "WARNING SIGN IN THIS LOG: {sign}, at least one person. This can need emergency care. "
        "{emergency_contact}."
    ),
    "M2": N_(
        "CHECK NOW: numbness or tingling was logged, but not where (or on which side). Between the "
        "legs, or in both legs, it is an emergency. {emergency_contact}."
    ),
    "M3": N_("See a clinician soon: {sign}, {n} of {total} sessions."),
    "M3 of people": N_("See a clinician soon: {sign}, {n} of {people}."),
    "M3 of some": N_("See a clinician soon: {sign}, at least one person."),
    "M3 of pain": N_("See a clinician soon: {sign}, median {now} against {then}."),
    "M4": N_(
        "Words in the notes may describe a warning sign ({n} notes). Please read them. This is only a "
        "word search."
    ),
    "M4 of some": N_(
        "Words in the notes may describe a warning sign (some notes). Please read them. This is only "
        "a word search."
    ),
    "M5": N_("Not asked in this log: {fields}. Not asked is not absent."),
    "M6": N_(
        "Stop if pain shoots down the leg, or numbness, tingling or weakness starts or grows."
    ),
}

#: Beside M1 to M4: an answer in a row that was refused for something else.
REFUSED_SIGN = N_(
    "CHECK NOW: at least one refused row of this log has an answer that can need emergency care. Read "
    "the refused rows. {emergency_contact}."
)

#: Beside the others where a report is made of sums: nobody's days are put together from two sites.
SITE_BY_SITE = N_("Starting pain in the first and in the last 14 days was compared site by site.")

#: Until a country is stated: it is never guessed from language, time zone or computer.
EMERGENCY_CONTACT = N_("your local emergency number or nearest emergency department")

_EU = ("112", N_("European Union"))
#: Country -> its emergency number and its name. 112 is the number of every member of the Union.
_NUMBERS = {
    "NZ": ("111", N_("New Zealand")),
    "UK": ("999", N_("United Kingdom")),
    "GB": ("999", N_("United Kingdom")),
    "US": ("911", N_("United States")),
    "EU": _EU,
} | dict.fromkeys(
    ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
     "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"],
    _EU,
)  # fmt: skip

#: Printed with every report (safety.md, 7).
NOT_ADVICE = N_("Self-reported log. Not a diagnosis, not medical advice, not a medical device.")

#: Rule -> text and sign, in the order shown.
SIGNS = {
    "S1": ("M1", N_("numbness or tingling between the legs or in the buttock")),
    "S2": ("M1", N_("new trouble with bladder or bowels")),
    "S3": ("M1", N_("symptoms or weakness in both legs")),
    "S4": ("M2", N_("numbness or tingling, place not recorded")),
    "S5": ("M2", N_("numbness, tingling or weakness, side not recorded")),
    "S6": ("M3", N_("new or growing weakness of a leg or foot")),
    "S7": ("M3", N_("numbness or tingling higher after than before")),
    "S8": ("M3", N_("starting pain no lower in the last 14 days than in the first 14")),
    "S9": ("M4", N_("words in the notes")),
}
_ASKED = (
    "numbness_before",
    "tingling_before",
    "numbness_place",
    "symptom_side",
    "weakness",
    "bladder_bowel",
)
_SYMPTOMS = (*_ASKED, "numbness_after", "tingling_after")
_SADDLE_REGIONS = ("lower_back", "buttocks", "thighs", "combined")
_WORDS = "bladder|bowel|urine|incontinen|saddle|groin|genital|wiping|both legs|foot drop|fever"
# Four weeks of days: from the first to the last are 27 days.
_FOUR_WEEKS, _FORTNIGHT, _MIN_SESSIONS = pd.Timedelta(days=27), pd.Timedelta(days=14), 5


def emergency_contact(locale: str | None = None) -> str:
    """Return whom to call: a country's number with the country named, else the general words.

    Parameters
    ----------
    locale : str or None
        A country's code of two letters. 111 is the number of New Zealand and not that of the UK, so
        none is ever guessed; a country that is not listed gets the general words (safety.md, 5).
    """
    number, country = _NUMBERS.get(locale or "", ("", ""))
    return f"{number}, {_(country)}" if number else _(EMERGENCY_CONTACT)


def emergency_text(locale: str | None = None) -> str:
    """Return M0, the text above every result, in the language that is being written."""
    text = TEXTS["M0"]
    return _(text).format(emergency_contact=emergency_contact(locale))


def screen(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the warning signs of a log, rule by rule.

    Parameters
    ----------
    sessions : DataFrame
        The sessions of one person or of several.

    Returns
    -------
    DataFrame
        One row per rule that is met by at least one session (safety.md, 3), in the order of
        ``SIGNS``: rule, text (M1 to M4), sign, n and total (sessions), n_people, last (day of the
        last such session). S8 is asked person by person and counts all sessions of that person.
    """
    met_by = met(sessions)
    found = {}
    for rule in SIGNS:
        rows = sessions.loc[met_by[rule], ["participant", "started_at"]]
        last = rows["started_at"].max()
        found[rule] = (len(rows), rows["participant"].nunique(), last)
    return _flags(found, total=len(sessions))


def met(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return which rules each session meets.

    Parameters
    ----------
    sessions : DataFrame
        As for ``screen``.

    Returns
    -------
    DataFrame
        One row per session, in the index of ``sessions``; one column of bool per rule of ``SIGNS``.
        A session meets S8 when it is of a person whose starting pain is no lower.
    """
    return pd.DataFrame(_conditions(sessions) | {"S8": _no_lower(sessions)})[[*SIGNS]]


def person_signs(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the warning signs of each person: who has which.

    For the analyst alone, who can ask after them; in a report of several people nobody is named.

    Parameters
    ----------
    sessions : DataFrame
        As for ``screen``.

    Returns
    -------
    DataFrame
        One row per rule and person with a session that meets it, in the order of ``SIGNS``, so that
        emergencies come first, and by code: participant, rule, text (M1 to M4), sign, n and total
        (sessions of the person), last (day of the last such session).
    """
    met_by, people = met(sessions), sessions["participant"].astype("str")
    totals = people.value_counts()
    rows = [
        (person, rule, *SIGNS[rule], len(starts), totals[person], starts.max())
        for rule in SIGNS
        for person, starts in sessions.loc[met_by[rule], "started_at"].groupby(people)
    ]
    columns = ["participant", "rule", "text", "sign", "n", "total", "last"]
    signs = pd.DataFrame(rows, columns=columns).astype({"last": "datetime64[us]"})
    return signs.assign(last=signs["last"].dt.normalize())


def screen_counts(people: pd.DataFrame, *, total: int) -> pd.DataFrame:
    """Return the warning signs of people of whom only the number of sessions with each is known.

    Parameters
    ----------
    people : DataFrame
        One row per person; for every rule of ``SIGNS`` the number of sessions that meet it.
    total : int
        Number of all sessions.

    Returns
    -------
    DataFrame
        As ``screen`` returns it; the last day is missing.
    """
    counts = people[[*SIGNS]]
    found = {rule: (int(n.sum()), int((n > 0).sum()), pd.NaT) for rule, n in counts.items()}
    return _flags(found, total=total)


def _flags(found: dict[str, tuple], *, total: int) -> pd.DataFrame:
    """Return one row per rule that some session meets; of each, sessions, people and last time."""
    rows = [
        (rule, *SIGNS[rule], n, total, n_people, last)
        for rule, (n, n_people, last) in found.items()
        if n
    ]
    columns = ["rule", "text", "sign", "n", "total", "n_people", "last"]
    flags = pd.DataFrame(rows, columns=columns).astype({"last": "datetime64[us]"})
    return flags.assign(last=flags["last"].dt.normalize())


def screened(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return what ``screen`` looks at, and of the notes no more than a first word that it looks for.

    Parameters
    ----------
    sessions : DataFrame
        Some sessions of a log, such as a chunk of one that is too long to be held whole.
    """
    columns = ["participant", "started_at", "region", "side", "scale", "pain_before", *_SYMPTOMS]
    return sessions[columns].assign(notes=_first_words(sessions["notes"].astype("category")))


def _first_words(notes: pd.Series) -> pd.Categorical:
    """Return of each note the first word that is looked for, or ""; each distinct note read once."""
    distinct = notes.cat.categories
    words = np.where(distinct.str.contains(_WORDS, case=False), distinct, "").astype(object)
    found = [re.search(_WORDS, word, re.IGNORECASE) for word in words]
    codes, kept = pd.factorize(np.array([match[0] if match else "" for match in found], object))
    return pd.Categorical.from_codes(codes[notes.cat.codes], pd.Index(kept, dtype="str"))


def not_asked(sessions: pd.DataFrame) -> list[str]:
    """Return the symptom questions that no session of the log answered (S10)."""
    return [name for name in _ASKED if sessions[name].eq("").all()]


def _conditions(sessions: pd.DataFrame) -> dict[str, pd.Series]:
    numb = pd.concat(
        [present(sessions[f"{name}_{when}"]) for name in SYMPTOMS for when in ("before", "after")],
        axis=1,
    ).any(axis=1)
    weak = sessions["weakness"].isin(["same", "new_or_worse", "both"])
    no_place, no_side = sessions["numbness_place"].eq(""), sessions["symptom_side"].eq("")
    return {
        "S1": sessions["numbness_place"].isin(["saddle", "buttock"]),
        "S2": sessions["bladder_bowel"].eq("yes"),
        "S3": sessions["symptom_side"].eq("both") | sessions["weakness"].eq("both"),
        "S4": numb & no_place & sessions["region"].isin(_SADDLE_REGIONS),
        "S5": (numb | weak) & no_side & sessions["side"].eq("both"),
        "S6": sessions["weakness"].eq("new_or_worse"),
        "S7": pd.concat(
            [higher(sessions[f"{name}_before"], sessions[f"{name}_after"]) for name in SYMPTOMS],
            axis=1,
        ).any(axis=1),
        "S9": sessions["notes"].str.contains(_WORDS, case=False),
    }


def fortnights(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return each person's starting pain in the first and in the last 14 days of their log.

    Parameters
    ----------
    sessions : DataFrame
        Of one person or of several.

    Returns
    -------
    DataFrame
        One row per person and scale, for those whose log spans 28 days or more: participant, scale,
        n_first, median_first, n_last, median_last (points, or mm). Days are whole days.
    """
    day = sessions["started_at"].dt.normalize()
    days = day.groupby([sessions["participant"], sessions["scale"]])
    first, last = days.transform("min"), days.transform("max")
    long = last - first >= _FOUR_WEEKS
    table = {}
    for name, inside in (("first", day < first + _FORTNIGHT), ("last", day > last - _FORTNIGHT)):
        ratings = sessions[long & inside].groupby(["participant", "scale"])["pain_before"]
        table |= {f"n_{name}": ratings.size(), f"median_{name}": ratings.median()}
    return pd.DataFrame(table).reset_index()


def _no_lower(sessions: pd.DataFrame) -> pd.Series:
    """Return the sessions of people whose starting pain is no lower after four weeks or more."""
    pain = fortnights(sessions)
    enough = (pain["n_first"] >= _MIN_SESSIONS) & (pain["n_last"] >= _MIN_SESSIONS)
    people = pain.loc[enough & (pain["median_last"] >= pain["median_first"]), "participant"]
    return sessions["participant"].isin(people)
