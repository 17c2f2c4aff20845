"""FHIR R4 resources -> rows of text: answers to a questionnaire, and observations."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple, NoReturn

from analysis.intake.documents import plain, quoted, sheet_of
from analysis.intake.table import SEVERAL, Sheet, remark
from analysis.sessions import UnusableLog, UserError

#: A status that takes a resource back, or says that it was never finished.
_WITHDRAWN = ("entered-in-error", "stopped", "cancelled")


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
        return plain(self.value)


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
        raise UserError(f"resource must be {' or '.join(rows_of)}; found {quoted(resource)}")
    found = list(_resources(_Node(tree, "", file)))
    chosen = [node for node in found if node.member("resourceType").value == resource]
    if not chosen:
        kinds = sorted({node.member("resourceType").text() for node in found})
        raise UnusableLog(
            file,
            "not-a-session-log",
            f"the file holds no {resource}, only {', '.join(map(quoted, kinds)) or 'nothing'}; "
            "export the resources that hold the sessions",
        )
    withdrawn: list[bool] = []
    rows = _counted_rows(chosen, rows_of[resource], withdrawn)
    return _without_withdrawn(sheet_of(rows, file, []), withdrawn)


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
