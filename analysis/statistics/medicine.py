"""Medicine on the day of a session: counts, and no comparison."""

import pandas as pd

from analysis.vocabulary import fold, vocabulary


def medicine(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return in how many sessions a medicine was taken the same day, in how many it is not known.

    Parameters
    ----------
    sessions : DataFrame
        Columns participant, medicine (yes, no, or what it was, in any language of the vocabulary).

    Returns
    -------
    DataFrame
        Four rows, each session in one of them: answer "yes", "no", "other" (words that are neither,
        such as a medicine's name; never quoted), "not recorded" (blank). No row where it was never
        asked: no column, or only blanks. Columns: answer, n_with, n_sessions (all), people_with, n_people
        (behind them).

    Notes
    -----
    clinician-report.md, page 2, A: what else was done on the day belongs beside what followed.
    """
    answers = sessions.groupby(["participant", "medicine"]).size().rename("n").reset_index()
    answers = answers.assign(answer=[_answer(text) for text in answers["medicine"]])
    whole = {"n_sessions": len(sessions), "n_people": sessions["participant"].nunique()}
    rows, asked = [], answers["answer"].ne("not recorded").any()
    for answer in ("yes", "no", "other", "not recorded"):
        told = answers[answers["answer"] == answer]
        counts = {"n_with": int(told["n"].sum()), "people_with": told["participant"].nunique()}
        rows.append({"answer": answer} | counts | whole)
    columns = ["answer", "n_with", "n_sessions", "people_with", "n_people"]
    return pd.DataFrame(rows if asked else [], columns=columns).astype(
        dict.fromkeys(columns[1:], "int64")
    )


def _answer(text: str) -> str:
    folded = fold(text)
    if folded in vocabulary().missing:
        return "not recorded"
    return vocabulary().words["yes_no"].get(folded, "other")
