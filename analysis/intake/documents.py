"""JSON -> rows of text: records with named values, and FHIR R4 resources.

Numbers keep the text in which they are written: 6.50 stays "6.50", and 1e400 is no infinity.
"""

import codecs
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple, NoReturn

from analysis.intake.columns import check_width
from analysis.intake.table import SEVERAL, Sheet, remark
from analysis.sessions import UnusableLog, UserError

_MOST_BYTES = 64 * 2**20
_MOST_CELLS = 10_000_000
_DEEPEST = 64
_SHOWN = 60
_BLANKS = re.compile(r"[ \t\r\n]*")
#: A status that takes a resource back, or says that it was never finished.
_WITHDRAWN = ("entered-in-error", "stopped", "cancelled")


def read_json(content: bytes, file: str) -> object:
    """Return what a JSON file holds: dict, list, str, bool or None; a number is its text.

    A file of several values, each on a line of its own (JSON Lines), is the list of them.

    Parameters
    ----------
    content : bytes
        The file. UTF-8, or UTF-16 with a byte-order mark.
    file : str
        Its name, as refusals give it.

    Raises
    ------
    UnusableLog
        "too-large", "encoding", or "json": not JSON, a name twice in one object, NaN or Infinity,
        nested deeper than 64.
    """
    if len(content) > _MOST_BYTES:
        raise UnusableLog(
            file,
            "too-large",
            f"the file has {len(content):,} bytes, more than {_MOST_BYTES:,}; "
            "split it, or give the log as CSV",
        )
    text = _decoded(content, file)
    decoder = json.JSONDecoder(
        object_pairs_hook=partial(_once, file=file),
        parse_float=str,
        parse_int=str,
        parse_constant=partial(_refuse_constant, file=file),
    )
    try:
        values = list(_values(text, decoder))
    except json.JSONDecodeError as error:
        reason = error.msg[0].lower() + error.msg[1:]
        raise UnusableLog(
            file,
            "json",
            f"the file is not valid JSON from line {error.lineno}, column {error.colno} on "
            f"({reason}); export it again",
            line=error.lineno,
        ) from error
    except RecursionError as error:
        raise _too_deep(file) from error
    if any(_is_deep(value) for value in values):
        raise _too_deep(file)
    return values[0] if len(values) == 1 else values


def _decoded(content: bytes, file: str) -> str:
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    try:
        text = content.decode("utf-16" if content.startswith(marks) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableLog(
            file, "encoding", "the text is not UTF-8, as JSON must be; save it as UTF-8"
        ) from error
    if "\0" in text:
        raise UnusableLog(
            file, "encoding", "the text looks like UTF-16 without a mark; save it as UTF-8"
        )
    return text


def _values(text: str, decoder: json.JSONDecoder) -> Iterator[object]:
    """Yield the values of a text, of which each further one begins on a new line."""
    place = _BLANKS.match(text).end()
    while True:
        value, end = decoder.raw_decode(text, place)
        yield value
        place = _BLANKS.match(text, end).end()
        if place == len(text):
            return
        if "\n" not in text[end:place]:
            raise json.JSONDecodeError("Extra data", text, place)


def _once(pairs: list[tuple[str, object]], file: str) -> dict:
    """Return named values as a dict; a name that stands twice would hide one of its values."""
    named = dict(pairs)
    if len(named) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise UnusableLog(
            file,
            "json",
            f"the name {_quoted(twice)} stands twice in one record; "
            "rename one of the two and export again",
        )
    return named


def _refuse_constant(constant: str, file: str) -> NoReturn:
    raise UnusableLog(
        file, "json", f"the file holds {constant}, which is no JSON number; leave the value out"
    )


def _too_deep(file: str) -> UnusableLog:
    return UnusableLog(
        file,
        "json",
        f"the values are nested too deeply, more than {_DEEPEST} levels; is it the right file?",
    )


def _is_deep(value: object) -> bool:
    """Return whether lists and objects stand inside one another more often than any log needs."""
    level = [[value]]
    for _ in range(_DEEPEST + 1):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
    return bool(level)


def _quoted(name: str) -> str:
    return repr(name[:_SHOWN])


def records_sheet(tree: object, file: str) -> Sheet:
    """Return JSON records as rows of text, under the names of their values.

    Parameters
    ----------
    tree : object
        From ``read_json``: a list of objects, an object that holds one such list, or one object,
        which is one record.
    file : str
        The file's name.

    Returns
    -------
    Sheet
        The first row, number 0, is the header: the names in order of first appearance, those of
        nested objects joined by "/". The others have the record's number, from 1. A list of plain
        values is one cell with ``SEVERAL`` between them; null and absent are blank. No record gives
        no row at all. Values beside the list of records are named in a remark "column-unused".

    Raises
    ------
    UnusableLog
        "not-a-session-log" where there are no records, or several lists of them; "json" for a list
        of lists or of objects inside a record, and for two values under one name;
        "too-many-columns", "too-large".
    """
    remarks = []
    if isinstance(tree, dict):
        tree, beside = _list_within(tree, file)
        if beside:
            names = ", ".join(map(_quoted, beside[:10]))
            remarks.append(
                remark("column-unused", f"values beside the list of records are not read: {names}")
            )
    if not isinstance(tree, list) or not all(isinstance(record, dict) for record in tree):
        raise UnusableLog(
            file,
            "not-a-session-log",
            "the file is not a list of records with named values; export the log as such, or as CSV",
        )
    records = (
        _once(list(_named_cells(record, number, file)), file)
        for number, record in enumerate(tree, start=1)
    )
    return _sheet(records, file, remarks)


def _list_within(tree: dict, file: str) -> tuple[list, list[str]]:
    """Return the records of an object, and the names of what stands beside them."""
    lists = [
        name
        for name, value in tree.items()
        if isinstance(value, list) and any(isinstance(item, dict) for item in value)
    ]
    if len(lists) > 1:
        raise UnusableLog(
            file,
            "not-a-session-log",
            f"the file holds several lists of records: {', '.join(map(_quoted, lists[:10]))}; "
            "give the one with the sessions as a file of its own",
        )
    if lists:
        return tree[lists[0]], [name for name in tree if name != lists[0]]
    return ([], []) if list(tree.values()) == [[]] else ([tree], [])


def _named_cells(
    record: dict, number: int, file: str, prefix: str = ""
) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        column = prefix + name
        if isinstance(value, dict):
            yield from _named_cells(value, number, file, f"{column}/")
        elif not isinstance(value, list):
            yield column, _plain(value)
        elif not any(isinstance(item, dict | list) for item in value):
            yield column, SEVERAL.join(_plain(item) for item in value if item is not None)
        else:
            raise UnusableLog(
                file,
                "json",
                f"{_quoted(column)} of record {number} is a list of objects or of lists, which fits in "
                "no cell; export one record for each of them",
                line=number,
            )


def _plain(value: str | bool | None) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
    return value


def _sheet(records: Iterable[dict[str, str]], file: str, remarks: list[dict]) -> Sheet:
    """Return rows under one header, numbered from 1; stop as soon as the table is too large."""
    read, header = [], {}
    for record in records:
        read.append(record)
        header |= record  # for its names, in order of first appearance
        check_width(len(header), file)
        # One record with many names among many with few would fill the memory with blanks.
        if len(read) * len(header) > _MOST_CELLS:
            raise UnusableLog(
                file,
                "too-large",
                f"the records make a table of more than {_MOST_CELLS:,} cells; "
                "leave out values that are not needed",
            )
    if not read:
        return Sheet("", [], [], remarks, recognised_header=True)
    names = [name.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for name in header]
    rows = [[record.get(name, "") for name in header] for record in read]
    return Sheet("", [*enumerate([names, *rows])], [], remarks, recognised_header=True)


class _Node(NamedTuple):
    """A value somewhere in a tree, with its path for the sentence that refuses it."""

    value: object
    path: str
    file: str

    def refuse(self, expected: str) -> NoReturn:
        raise UnusableLog(
            self.file,
            "json",
            f"{self.path.removeprefix('.') or 'the file'} must be {expected}; export the file again",
        )

    def at(self, place: int) -> "_Node":
        return _Node(self.value[place], f"{self.path}[{place}]", self.file)

    def names(self) -> list[str]:
        return list(self.value) if isinstance(self.value, dict) else self.refuse("an object")

    def member(self, name: str) -> "_Node":
        """Return a named value; one that is absent is None, and its own members are None too."""
        found = None
        if self.value is not None and name in self.names():
            found = self.value[name]
        return _Node(found, f"{self.path}.{name}", self.file)

    def each(self, name: str) -> list["_Node"]:
        found = self.member(name)
        if found.value is None:
            return []
        if not isinstance(found.value, list):
            found.refuse("a list")
        return [found.at(place) for place in range(len(found.value))]

    def text(self) -> str:
        if isinstance(self.value, dict | list):
            self.refuse("a text, a number, true or false")
        return _plain(self.value)


class FhirRows(NamedTuple):
    """The rows of FHIR resources.

    Attributes
    ----------
    sheet : Sheet
        The rows that count.
    skipped : int
        Rows of resources that were withdrawn: entered in error, stopped or cancelled.
    """

    sheet: Sheet
    skipped: int


def is_fhir(tree: object) -> bool:
    """Return whether a tree from ``read_json`` is a FHIR resource, a bundle or a list of them."""
    resources = tree if isinstance(tree, list) else [tree]
    return bool(resources) and all(
        isinstance(resource, dict) and "resourceType" in resource for resource in resources
    )


def fhir_sheet(tree: object, resource: str, group: str, file: str) -> FhirRows:
    """Return the rows of the FHIR R4 resources of one type.

    A QuestionnaireResponse gives one row per item whose linkId is ``group``, wherever it stands; one
    row in all where there is none. Columns: the linkIds from the top to the item, joined by "/"
    (``session/region``); items outside the group stand in each of its rows. Also ``_id``, ``_status``,
    ``_authored`` and ``_subject``.

    An Observation gives one row. Columns: ``id``, ``status``, ``category``, ``code``, ``subject``,
    ``encounter``, ``effectiveDateTime``, ``value``, ``unit``, ``bodySite``, ``method``,
    ``component/<code>`` and ``extension/<last part of the url>``, as in ``extension/session-phase``.

    A cell is the value's text; of a Coding or CodeableConcept the code (of a concept without coding
    its own text), of a Quantity the number, of a subject or encounter the identifier or else the last
    part of the reference. A ``display`` is never read. What has no such text shows its kind, as in
    "[valueAttachment]", so that no column can take it for a blank. Several values have ``SEVERAL``
    between them.

    Parameters
    ----------
    tree : object
        From ``read_json``: a resource, a Bundle, or a list of them.
    resource : str
        "QuestionnaireResponse" or "Observation".
    group : str
        linkId of the repeated item; "" for none.
    file : str
        The file's name.

    Returns
    -------
    FhirRows
        Rows are numbered from 1 in the order of the file, those of withdrawn resources too, which are
        left out, counted, and named in a remark "status-skipped".

    Raises
    ------
    UnusableLog
        "not-a-session-log" without a resource of this type; "json" where the tree is no FHIR;
        "too-many-columns", "too-large".
    UserError
        For another type of resource.
    """
    rows_of = {"QuestionnaireResponse": partial(_response_rows, group=group)}
    rows_of["Observation"] = _observation_rows
    if resource not in rows_of:
        raise UserError(f"resource must be {' or '.join(rows_of)}; found {_quoted(resource)}")
    found = list(_resources(_Node(tree, "", file)))
    chosen = [node for node in found if node.member("resourceType").value == resource]
    if not chosen:
        kinds = sorted({node.member("resourceType").text() for node in found})
        raise UnusableLog(
            file,
            "not-a-session-log",
            f"the file holds no {resource}, only {', '.join(map(_quoted, kinds)) or 'nothing'}; "
            "export the resources that hold the sessions",
        )
    withdrawn: list[bool] = []
    rows = _counted_rows(chosen, rows_of[resource], withdrawn)
    return _without_withdrawn(_sheet(rows, file, []), withdrawn)


def _counted_rows(
    chosen: list[_Node], rows_of: Callable[[_Node], Iterable[dict]], withdrawn: list[bool]
) -> Iterator[dict[str, str]]:
    """Yield the rows of the resources, and note for each whether its resource was withdrawn."""
    for node in chosen:
        is_withdrawn = node.member("status").text() in _WITHDRAWN
        for row in rows_of(node):
            withdrawn.append(is_withdrawn)
            yield row


def _without_withdrawn(sheet: Sheet, withdrawn: list[bool]) -> FhirRows:
    skipped = sum(withdrawn)
    if not skipped:
        return FhirRows(sheet, 0)
    header, *rows = sheet.rows
    kept = [row for row, is_withdrawn in zip(rows, withdrawn, strict=True) if not is_withdrawn]
    message = (
        f"rows left out: {skipped}; their source marks them {', '.join(_WITHDRAWN[:-1])} or "
        f"{_WITHDRAWN[-1]}"
    )
    remarks = [remark("status-skipped", message)]
    return FhirRows(sheet._replace(rows=[header, *kept], remarks=remarks), skipped)


def _resources(node: _Node) -> Iterator[_Node]:
    """Yield the resources of a file, those of bundles one by one; an entry may have none."""
    if isinstance(node.value, list):
        for place in range(len(node.value)):
            yield from _resources(node.at(place))
    elif node.member("resourceType").value == "Bundle":
        for entry in node.each("entry"):
            yield from _resources(entry.member("resource"))
    elif node.value is not None:
        yield node


_Cells = list[tuple[str, str]]


def _joined(cells: _Cells) -> dict[str, str]:
    row: dict[str, list[str]] = {}
    for column, text in cells:
        row.setdefault(column, []).extend([text] if text else [])
    return {column: SEVERAL.join(texts) for column, texts in row.items()}


def _response_rows(response: _Node, group: str) -> Iterator[dict[str, str]]:
    origin = [(f"_{name}", response.member(name).text()) for name in ("id", "status", "authored")]
    origin.append(("_subject", _reference(response.member("subject"))))
    outside, inside = _split(response.each("item"), "", group)
    shared = _joined(origin + outside).items()  # joined once, however many rows they stand in
    for cells in inside or [[]]:
        yield _joined([*shared, *cells])


def _split(items: list[_Node], prefix: str, group: str) -> tuple[_Cells, list[_Cells]]:
    """Return the cells outside the repeated group, and those of each time it occurs.

    What stands beside a group belongs to the rows of that group alone, not to those of another
    branch.
    """
    outside, inside = [], []
    for item in items:
        link = item.member("linkId").text() or item.member("linkId").refuse("a text")
        answers = item.each("answer")
        own = [(prefix + link, _value(answer)) for answer in answers]
        children = [child for node in (item, *answers) for child in node.each("item")]
        if link == group:
            below, _ = _split(children, f"{prefix}{link}/", "")
            inside.append(own + below)
            continue
        below, rows = _split(children, f"{prefix}{link}/", group)
        if rows:
            inside += [own + below + row for row in rows]
        else:
            outside += own + below
    return outside, inside


def _observation_rows(observation: _Node) -> list[dict[str, str]]:
    quantity = observation.member("valueQuantity")
    unit = quantity.member("code").text() or quantity.member("unit").text()
    cells = [
        ("id", observation.member("id").text()),
        ("status", observation.member("status").text()),
        *(("category", _concept(category)) for category in observation.each("category")),
        ("code", _concept(observation.member("code"))),
        ("subject", _reference(observation.member("subject"))),
        ("encounter", _reference(observation.member("encounter"))),
        ("effectiveDateTime", observation.member("effectiveDateTime").text()),
        ("value", _value(observation)),
        ("unit", unit),
        ("bodySite", _concept(observation.member("bodySite"))),
        ("method", _concept(observation.member("method"))),
    ]
    for component in observation.each("component"):
        cells.append((f"component/{_concept(component.member('code'))}", _value(component)))
    return [_joined(cells + _extensions(observation, ""))]


def _extensions(node: _Node, prefix: str) -> _Cells:
    """Return the extensions of a node, and those inside an extension that has no value itself."""
    cells = []
    for extension in node.each("extension"):
        name = f"{prefix}extension/{_last_part(extension.member('url').text())}"
        cells += [(name, _value(extension)), *_extensions(extension, f"{name}/")]
    return cells


def _value(node: _Node) -> str:
    """Return the text of the one ``value[x]`` of a node; "" without one."""
    kinds = [name for name in node.names() if name.startswith("value")]
    if len(kinds) > 1:
        node.refuse("an object with one value")
    if not kinds:
        return ""
    value = node.member(kinds[0])
    match kinds[0]:
        case "valueCoding":
            text = value.member("code").text()
        case "valueCodeableConcept":
            text = _concept(value)
        case "valueQuantity":  # "< 5" is not 5
            text = value.member("comparator").text() + value.member("value").text()
        case "valueReference":
            text = _reference(value)
        case _ if isinstance(value.value, dict):
            text = ""
        case _:
            return value.text()
    return text or f"[{kinds[0]}]"


def _concept(concept: _Node) -> str:
    """Return the code of the first coding, or the concept's own text."""
    codings = concept.each("coding")
    code = codings[0].member("code").text() if codings else ""
    return code or concept.member("text").text()


def _reference(reference: _Node) -> str:
    """Return the identifier, or the last part of the reference without its version."""
    identifier = reference.member("identifier").member("value").text()
    target = reference.member("reference").text().partition("/_history/")[0]
    return identifier or _last_part(target)


def _last_part(url: str) -> str:
    return url.rpartition("/")[2]
