"""A part of a workbook, which is XML -> its elements, one by one, as they go by."""

import re
from collections.abc import Callable, Iterator
from xml.parsers import expat

#: The parts, or sheets, of a workbook are at most so many.
MOST_PARTS = 10_000
_DEEPEST = 64
_LONGEST_TAG = 2**20
_STEP = 2**16
_COUNT = re.compile(r"[0-9]{1,7}")


class Broken(Exception):
    """What is damaged in a workbook, in words; ``read_workbook`` makes the refusal of it."""


def part_key(name: str) -> str:
    """Return a part's name as it is looked up: without regard to case and kind of slash."""
    return name.replace("\\", "/").lower()


def has_dtd(xml: bytes) -> bool:
    """Return whether an XML part declares a document type; only what precedes its root is read."""
    met: list[str] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: met.append("doctype")
    parser.StartElementHandler = lambda *_: met.append("root")
    try:
        for step in _steps(xml, parser):
            parser.Parse(step, False)
            if met:
                break
    except (expat.ExpatError, LookupError, ValueError) as error:
        # ValueError and LookupError: an encoding that Python does not know, or not for this.
        if not met:
            raise Broken("a part of it is not well-formed") from error
    return "doctype" in met


def _steps(xml: bytes, parser: expat.XMLParserType) -> Iterator[bytes]:
    """Yield XML bit by bit, as long as no tag takes the parser more memory than any sheet needs."""
    for place in range(0, len(xml), _STEP):
        if place - parser.CurrentByteIndex > _LONGEST_TAG:
            raise Broken("a tag in it does not end")
        yield xml[place : place + _STEP]


class XmlReader:
    """What is done with the elements of an XML part, by tag, and how deep the open one lies."""

    def __init__(self) -> None:
        self.depth = 0
        self.starts: dict[str, Callable[[dict[str, str]], None]] = {}
        self.ends: dict[str, Callable[[], None]] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Do what is to be done where an element begins."""
        self.depth += 1
        handle = self.starts.get(tag) or self.starts.get(_local(tag))
        if handle:
            handle(attributes)

    def end(self, tag: str) -> None:
        """Do what is to be done where it ends."""
        self.depth -= 1
        handle = self.ends.get(tag) or self.ends.get(_local(tag))
        if handle:
            handle()

    def text(self, text: str) -> None:
        """Take in some text; parts are of one element or of several."""

    def cdata(self) -> None:
        """Take in that the next text is quoted as a whole."""

    def read(self, xml: bytes) -> None:
        """Read a part. Every one is taken for UTF-8, as calamine does."""
        if b"\0" in xml:
            raise Broken("a part of it is not in UTF-8")  # in UTF-16, calamine finds no cell
        parser = expat.ParserCreate("UTF-8")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler, parser.StartCdataSectionHandler = self.text, self.cdata
        for step in _steps(xml, parser):
            parser.Parse(step, False)
            if self.depth > _DEEPEST:
                raise Broken("a part of it is nested too deeply")
        parser.Parse(b"", True)


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def attributes_of(xml: bytes, name: str) -> list[dict[str, str]]:
    """Return the attributes of every element of a name, whatever its prefix."""
    found: list[dict[str, str]] = []

    def start(attributes: dict[str, str]) -> None:
        found.append(attributes)
        if len(found) > MOST_PARTS:
            raise Broken("it lists more parts than it can hold")

    reader = XmlReader()
    reader.starts[name] = start
    reader.read(xml)
    return found


def count_of(attributes: dict[str, str], name: str) -> int:
    """Return a count among the attributes of an element; 1 if it is not there."""
    written = attributes.get(name, "1")
    if _COUNT.fullmatch(written) is None:
        raise Broken("a count in it is no number")
    return int(written)
