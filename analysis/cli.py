"""The command ``reliefbook``: thin, one function a verb.

Exit codes: 0 done; 1 done, but rows were refused; 2 nothing published; 130 stopped. Results go to standard
output, the reason of a failure in one line to standard error; no traceback without ``--debug``.
Rooms are imported where a verb needs them: help needs no pandas, ``check`` no matplotlib.
"""

import datetime
import json
import secrets
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis import __version__

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.findings import Findings, PooledSums
    from analysis.sessions import SessionLog

# A log may be a database URL, which is no path: a path would lose one of its slashes.
_LOGS = click.argument("logs", nargs=-1, metavar="LOG...")
_MAPPING = click.option(
    "--mapping",
    metavar="NAME|FILE",
    help="YAML file that names the columns and own terms, or a shipped one.",
)
_PSEUDONYMISE = click.option(
    "--pseudonymise",
    metavar="KEYFILE",
    help="Replace participants by pseudonyms of this secret key; made if not there.",
)
_PERSON = click.option("--person", metavar="CODE", help="Whose log it is, or whom to report on.")
_AS_OF = click.option("--as-of", metavar="DATE", help="Day of reading; later sessions are refused.")
_STRICT = click.option("--strict", is_flag=True, help="Rows refused: exit with 2, publish nothing.")

_NEEDS_KEY = (
    "sums are personal health data and leave a site only under pseudonyms; name a key file, which is "
    "made if it is not there"
)
_ONLY_TO_THE_COORDINATOR = (
    "This file is personal health data and shows groups of few people: give it to the coordinator of "
    "the sites only."
)
_SAME_KEY = (
    "If a person may be at several sites, under one code, all sites must use the same key file: pass it "
    "on by hand or encrypted, never with the sums nor to the coordinator. If a code means another "
    "person at another site, each site must use a key of its own."
)

#: How many lines of one rule are printed; the page and refused.csv have all.
_MOST_OF_A_RULE = 50


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reliefbook")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
def cli(debug: bool) -> None:
    """Session logs of sciatica self-massage and stretching -> reports a clinician can trust."""


@cli.command()
@_LOGS
@_MAPPING
@_PERSON
@_AS_OF
@_PSEUDONYMISE
@_STRICT
@click.option(
    "--to", metavar="DIR", type=click.Path(path_type=Path), help="Also publish it as a page."
)
@click.option(
    "--save",
    metavar="FILE",
    help="Write the sessions as read: .csv, .tsv, .xlsx, .parquet or .json.",
)
@click.option(
    "--suggest",
    metavar="FILE",
    help="Write a mapping to start from for an unknown log; nothing else.",
)
@click.option(
    "--signs",
    metavar="FILE",
    help="Write who has which warning sign, a .csv file for you alone.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(context: click.Context, logs: tuple[str, ...], **options) -> None:
    """Say what arrived and what was refused, line by line.

    LOG is a file (CSV, TSV, XLSX, ODS, JSON, FHIR, Parquet, an ODK Central zip), a folder, a pattern,
    or a database URL. A corrected refused.csv among them corrects the others. Without a LOG, a
    mapping is checked.
    """
    from analysis.intake import load_mapping
    from analysis.sessions import UnusableLog

    if options["suggest"] is not None:
        _suggest(logs, options["suggest"])
        return
    if options["mapping"] is not None and not logs:
        load_mapping(options["mapping"])
        click.echo(_printable(f"{options['mapping']}: a valid mapping"))
        return
    given = _given(options)
    if options["save"] is not None:
        _refuse_existing(options["save"])
    if options["signs"] is not None:
        _refuse_signs_in_report(options)
    try:
        log = _checked_log(logs, given, whole=options["save"] is not None)
    except UnusableLog as error:
        if options["as_json"]:
            _print_json(sessions=0, refused=[], remarks=[], signs=[], file_error=error.fault)
        raise
    _print_log(log, as_json=options["as_json"])
    _tell_signs(logs, log, options)
    if options["save"] is not None:
        _save(log, options["save"], as_json=options["as_json"])
    if options["to"] is not None:
        from analysis.report import run_report

        report = run_report(logs, options["to"], notebook="check_log", parameters=given)
        click.echo(f"page: {report.folder / 'report.html'}", err=options["as_json"])
    code = _code(log)
    context.exit(2 if options["strict"] and code else code)


def _given(options: dict) -> dict[str, str]:
    """Return the parameters of a notebook that options of the command set."""
    named = {name: options[name] for name in ("mapping", "person", "as_of")}
    named["pseudonyms"] = options["pseudonymise"]
    return {name: value for name, value in named.items() if value is not None}


def _checked_log(logs: tuple[str, ...], given: dict, *, whole: bool) -> "SessionLog":
    """Return the log, its sessions whole or as much of them as the warning signs need."""
    from analysis.intake import check_log, read_log
    from analysis.safety import screened

    return read_log(logs, **given) if whole else check_log(logs, keep=screened, **given)


def _print_log(log: "SessionLog", *, as_json: bool) -> None:
    from analysis.findings import check_flags, signs_of_people

    if as_json:
        _print_json(
            sessions=len(log.sessions),
            refused=_records(log.refused),
            remarks=_records(log.remarks),
            signs=_records(signs_of_people(log)),
            file_error=None,
        )
    else:
        _print_check(log)
        _print_alarms(check_flags(log))


def _refuse_signs_in_report(options: dict) -> None:
    """Raise before anything is read where the list of signs cannot be written."""
    from analysis.findings import check_signs_path

    check_signs_path(options["signs"], to=options["to"])


def _tell_signs(logs: tuple[str, ...], log: "SessionLog", options: dict) -> None:
    """Write who has which warning sign where that is asked for; else say how to get it."""
    from analysis.findings import check_flags, write_signs

    if options["signs"] is not None:
        write_signs(log, options["signs"])
        click.echo(_printable(f"signs: {options['signs']}"), err=options["as_json"])
    elif not options["as_json"]:
        _point_to_signs(check_flags(log), shlex.join(logs))


def _point_to_signs(results: "Findings", names: str, where: str = "") -> None:
    """Print how to get who has which warning sign, of several people; of one the report has it all."""
    if results.about["people"] > 1 and len(results.tables["flags"]):
        command = f"reliefbook check {names} --signs FILE.csv"
        click.echo(_printable(f"{where}{command} lists who has which sign, for you alone"))


def _save(log: "SessionLog", path: str, *, as_json: bool) -> None:
    from analysis.intake import write_sessions

    replaced = write_sessions(log.sessions, path)
    click.echo(_printable(f"sessions: {path}"), err=as_json)
    if replaced:
        click.echo(f"{replaced} characters that a workbook cannot hold were replaced", err=True)


def _refuse_existing(path: str) -> None:
    """Raise before anything is written over a file that is there: it may be the log itself."""
    from analysis.sessions import UserError

    if Path(path).exists():
        raise UserError(f"{path}: the file is there already; name a new one")


def _suggest(logs: tuple[str, ...], path: str) -> None:
    """Write a mapping to start from; never over a file that is there."""
    from analysis.intake import suggested
    from analysis.sessions import UserError

    if len(logs) != 1:
        raise UserError(f"--suggest looks at one log; found {len(logs)}")
    _refuse_existing(path)
    text = suggested(logs[0])
    with Path(path).open("x", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
    command = shlex.join(["reliefbook", "check", logs[0], "--mapping", path])
    click.echo(_printable(f"{path}: edit the suggestions, then {command}"))


@cli.command()
@_LOGS
@_MAPPING
@_PERSON
@_AS_OF
@_PSEUDONYMISE
@_STRICT
@click.option(
    "--to",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the bundle; reports/<log> if not given. Replaced as a whole.",
)
@click.option(
    "--notebook", metavar="NAME", help="pain_reduction, one_person, check_log, or a file."
)
@click.option(
    "-p", "parameters", metavar="NAME=VALUE", multiple=True, help="A notebook's parameter."
)
@click.option("--sums", is_flag=True, help="Each LOG is a site's file of reliefbook sums export.")
@click.option(
    "--previous",
    metavar="BUNDLE",
    help="Folder of the last report: what is new since then is told.",
)
@click.option(
    "--fhir", is_flag=True, help="Also a FHIR R4 document; one person's needs --pseudonymise."
)
@click.pass_context
def report(
    context: click.Context,
    logs: tuple[str, ...],
    to: Path | None,
    notebook: str | None,
    parameters: tuple[str, ...],
    **options,
) -> None:
    """Make one report; without LOG, of the shipped example; with --sums, of several sites together."""
    from analysis.report import run_report
    from analysis.report.bundle import FILES

    given = _given(options) | _pairs(parameters)
    if options["previous"] is not None:
        given["previous"] = options["previous"]
    of = {"sums": logs} if options["sums"] else {"log": logs or None}
    how = {name: options[name] for name in ("strict", "fhir")}
    made = run_report(to=to, notebook=notebook, parameters=given, **how, **of)
    for path in filter(Path.exists, map(made.folder.joinpath, FILES)):
        click.echo(path)
    _print_alarms(made.findings)
    names = shlex.join(logs) or "LOG"
    command = "check at its site" if options["sums"] else f"check {names}"
    where = ("LOG", "at each site ") if options["sums"] else (names, "")
    _point_to_signs(made.findings, *where)
    click.echo(_counts(made.material))
    if _code(made.material):
        click.echo(_printable(f"reliefbook {command} names each refused row and what to do"))
    context.exit(_code(made.material))


@cli.command()
@click.argument("bundle", type=click.Path(path_type=Path), metavar="BUNDLE")
@click.option(
    "--to",
    metavar="DIR",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of the copy. Replaced as a whole.",
)
@click.option(
    "--email-to",
    metavar="ADDRESS",
    help="Also write email.eml, a draft with the copy attached; nothing is sent.",
)
def share(bundle: Path, to: Path, email_to: str | None) -> None:
    """Make the copy of a report that can be passed on: no names, notes, days or small groups.

    BUNDLE is the folder that reliefbook report wrote. A copy of one person's report is not anonymous to
    someone who knows this person.
    """
    from analysis.report.share import share_report

    made = share_report(bundle, to, email_to=email_to)
    for path in made.files:
        click.echo(path)
    _print_alarms(made.findings)
    if made.findings.about["kind"] == "one_person":
        from analysis.wording.shared import NOT_ANONYMOUS

        click.echo(NOT_ANONYMOUS)
    click.echo("read the copy before you pass it on")


@cli.group()
def sums() -> None:
    """Report on several sites together, of whose sessions only each person's sums leave the site."""


@sums.command()
@_LOGS
@_MAPPING
@_AS_OF
@_PSEUDONYMISE
@click.option(
    "--vas-two",
    metavar="MM",
    type=int,
    default=20,
    show_default=True,
    help="Drop in mm called 2 points on a 0 to 100 scale: 20 or 15; the same at all sites.",
)
@click.option("--to", metavar="FILE", required=True, help="A new .parquet file.")
@click.pass_context
def export(context: click.Context, logs: tuple[str, ...], to: str, **options) -> None:
    """Write the sums of a site's LOG, for the coordinator's reliefbook report --sums.

    The file holds personal health data, so --pseudonymise is needed.
    """
    from analysis.findings import check_findings, write_sums
    from analysis.intake import read_log
    from analysis.sessions import UserError

    if options["pseudonymise"] is None:
        raise UserError(f"--pseudonymise: {_NEEDS_KEY}")
    _refuse_existing(to)
    given = {name: options[name] for name in ("mapping", "as_of")}
    log = read_log(logs, pseudonyms=options["pseudonymise"], **given)
    write_sums(log, to, vas_two=options["vas_two"])
    click.echo(_printable(to))
    _print_alarms(check_findings(log))
    click.echo(_counts(log))
    click.echo(_ONLY_TO_THE_COORDINATOR)
    click.echo(_SAME_KEY)
    context.exit(_code(log))


@cli.command()
@click.option("--techniques", nargs=2, metavar="A B", required=True, help="The two to alternate.")
@click.option("--region", metavar="R", required=True, help="Where both are done.")
@click.option(
    "--weeks",
    type=click.IntRange(1, 52),
    default=4,
    show_default=True,
    help="Length; rounded up to whole blocks.",
)
@click.option(
    "--block",
    type=click.Choice(["2", "4"]),
    default="2",
    show_default=True,
    help="In so many days each technique comes equally often.",
)
@click.option(
    "--first-day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Of the plan; tomorrow if not given.",
)
@click.option("--seed", type=click.IntRange(0), help="Draw the list of this seed again.")
@_MAPPING
@click.option(
    "--to", metavar="FILE", required=True, help="A new .csv file; the .ics lies beside it."
)
def plan(techniques: tuple[str, str], region: str, to: str, **options) -> None:
    """Draw a randomised plan: two techniques in one region, one session a day.

    Techniques and region are words of the vocabulary, or own terms of the mapping that the log will
    be read with. Follow the list, log every session, and give the list to the report.
    """
    from analysis.intake.plan_file import planned_code, write_plan
    from analysis.safety import emergency_text

    _refuse_existing(to)
    _refuse_existing(str(Path(to).with_suffix(".ics")))
    terms = _terms(options["mapping"])
    codes = [planned_code("technique", word, terms) for word in techniques]
    # Drawn here where none is given, so that nobody picks the list.
    seed = secrets.randbelow(10**9) if options["seed"] is None else options["seed"]
    drawn = _drawn(codes, planned_code("region", region, terms), options, seed)
    calendar = write_plan(drawn, to, seed=seed)
    click.echo(emergency_text())
    for path in (to, calendar):
        click.echo(_printable(str(path)))
    _print_plan(drawn, seed)
    command = shlex.join(["reliefbook", "report", "log.csv", "-p", f"plan={to}"])
    click.echo(_printable(f"after the last day: {command}"))


def _terms(mapping: str | None):
    """Return the mapping whose own terms a plan may name; none of its own without one."""
    from analysis.intake.mapping import NO_MAPPING, load_mapping

    return NO_MAPPING if mapping is None else load_mapping(mapping)


def _drawn(codes: list[str], region: str, options: dict, seed: int) -> "DataFrame":
    """Return the plan that a seed draws."""
    import numpy as np

    from analysis.statistics import randomised_plan

    block = int(options["block"])
    tomorrow = datetime.date.today() + datetime.timedelta(days=1)
    return randomised_plan(
        codes,
        region=region,
        first_day=options["first_day"] or tomorrow,
        n_days=-(-7 * options["weeks"] // block) * block,
        block=block,
        rng=np.random.default_rng(seed),
    )


def _print_plan(drawn: "DataFrame", seed: int) -> None:
    """Print how many days each technique has, the seed, and whether the days can be too few."""
    from analysis.statistics.one_person import CONTRAST_SESSIONS
    from analysis.wording import numbers

    region = numbers.name("region", drawn["region"].iloc[0])
    each = drawn["technique"].value_counts().sort_index()
    days = ", ".join(f"{n} of {numbers.name('technique', code)}" for code, n in each.items())
    period = numbers.period(drawn["day"].min(), drawn["day"].max())
    click.echo(_printable(f"{region}, {period}: {days}; seed {seed}"))
    if each.min() < CONTRAST_SESSIONS:
        click.echo(
            f"too short to be tested: the report needs {CONTRAST_SESSIONS} days of each technique with a "
            "session; plan more weeks",
            err=True,
        )


def main() -> None:
    """Run the command; every failure is one line."""
    # A stopped run cleans up behind it: what it had begun to write holds health data.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(cli.main(standalone_mode=False, prog_name="reliefbook"))
    except (KeyboardInterrupt, click.Abort):
        click.echo("reliefbook: stopped; nothing was published", err=True)
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except Exception as error:
        if "--debug" in sys.argv[1:2]:
            raise
        click.echo(f"reliefbook: {_printable(_one_line(error))}", err=True)
        sys.exit(2)


def _one_line(error: Exception) -> str:
    """Return why the command failed; our own refusals and click's as they are."""
    from analysis.sessions import UserError

    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return f"unexpected: {reason}; run reliefbook --debug ... to see where"


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    """Return the parameters of ``-p``; values stay text, so that 007 stays a code."""
    from analysis.sessions import UserError

    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UserError(f"-p must be followed by name=value; found {text!r}")
        if name == "log":
            raise UserError("log: give the log as an argument, not with -p")
        if name == "sums":
            raise UserError("sums: give the files as arguments beside --sums, not with -p")
        pairs[name] = value
    return pairs


def _code(material: "SessionLog | PooledSums") -> int:
    return 1 if material.sources["refused"].sum() else 0


def _counts(material: "SessionLog | PooledSums") -> str:
    total = material.sources[["rows", "kept", "refused", "dropped", "skipped", "blank"]].sum()
    words = {"kept": "used", "refused": "refused", "dropped": "repeated"}
    words |= {"skipped": "left out", "blank": "blank"}
    parts = [
        f"{total[name]:,} {word}"
        for name, word in words.items()
        if total[name] or name in ("kept", "refused")
    ]
    row = "row" if total["rows"] == 1 else "rows"
    return f"{total['rows']:,} {row}: {', '.join(parts)}"


def _print_check(log: "SessionLog") -> None:
    from analysis.sessions import RULES

    for row in _listed(log.remarks):
        level = RULES[row.rule][0]
        click.echo(f"{_where(row)}: {level}: {_printable(row.message)}")
    for row in _listed(log.refused):
        found = f'; found "{_printable(row.value)}"' if row.value else ""
        click.echo(f"{_where(row)}: refused: {_printable(row.message)}{found}")
    for rule, more in _left(log).items():
        click.echo(f"and {more:,} more of the rule {rule}; --to DIR writes all refused rows")
    click.echo(_counts(log))


def _listed(rows: "DataFrame"):
    """Yield the first rows of each rule, in their order."""
    return rows[rows.groupby("rule").cumcount() < _MOST_OF_A_RULE].itertuples()


def _left(log: "SessionLog") -> dict[str, int]:
    """Return rule -> how many of its rows are not listed."""
    left = {}
    for rows in (log.remarks, log.refused):
        counts = rows["rule"].value_counts(sort=False) - _MOST_OF_A_RULE
        left |= {rule: int(n) for rule, n in counts.items() if n > 0}
    return left


def _print_alarms(results: "Findings") -> None:
    """Print the emergency signs of a log, above the counts."""
    from analysis.wording.blocks import warning_block

    for sentence in warning_block(results).alarms:
        click.echo(sentence)


def _where(row) -> str:
    """Return "log.csv line 14, Pain after"."""
    import pandas as pd

    line = "" if pd.isna(row.line) else f" line {row.line}"
    column = f", {_printable(row.column)}" if row.column else ""
    return f"{_printable(row.file)}{line}{column}"


def _records(report) -> list[dict]:
    rows = report.astype(object)
    return rows.where(rows.notna(), None).to_dict("records")


def _print_json(**content) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=1))


def _printable(text: str) -> str:
    """Return text that cannot steer a terminal: what is not printable is written as its code."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
