"""A share copy -> a draft for a mail program: a file to open, look at and send by hand.

Nothing is sent here. The draft has no date and no id of its own, so that the same copy gives the same
bytes; the mail program adds both when the draft is sent.
"""

import re
from email.message import EmailMessage
from email.policy import SMTP

from analysis import safety
from analysis.findings import Findings, page_of
from analysis.language import N_, _, in_its_language
from analysis.sessions import UserError

#: The draft's name in the folder of a copy.
DRAFT = "email.eml"

_SUBJECT = N_("Self-massage and stretching log: share copy")
_ATTACHED = N_(
    "Attached is the share copy of a self-reported log of self-massage and stretching: report.pdf (two "
    "pages) and report.html (the same, for a browser). It has no notes, names or dates. Counts of few "
    "people are not told."
)
_ATTACHED_PERSON = N_(
    "Attached is the share copy of a self-reported log of self-massage and stretching: report.pdf (two "
    "pages) and report.html (the same, for a browser). It has no notes, names or dates. It is not anonymous "
    "to someone who knows this person."
)
_LOOK = N_("E-mail can be read on its way: look at both files before you send this.")
# What every mail server takes without extensions; no quotes, comments, several addresses or line ends.
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_LONGEST, _LONGEST_NAME = 254, 64
_BOUNDARY = "=_reliefbook_share_copy_="


def checked_address(address: str) -> str:
    """Return the address as it is, or raise where it cannot stand in the head of a message.

    Parameters
    ----------
    address : str
        One address: name@example.org.

    Raises
    ------
    UserError
        For anything else; a line end in it could add lines to the head.
    """
    name = address.partition("@")[0]
    fits = len(address) <= _LONGEST and len(name) <= _LONGEST_NAME
    if not (fits and _ADDRESS.fullmatch(address)):
        raise UserError(
            "--email-to: must be one address such as name@example.org, in plain letters without blanks or "
            f"line ends; found {address!r}"
        )
    return address


@in_its_language
def draft(results: Findings, address: str, *, pdf: bytes, page: bytes) -> bytes:
    """Return a message with both files attached, which mail programs open as a draft.

    Parameters
    ----------
    results : Findings
        Of the copy; the message is in its language and names the emergency number of its country.
    address : str
        As ``checked_address`` takes it.
    pdf, page : bytes
        report.pdf and report.html of the copy.

    Notes
    -----
    ``X-Unsent: 1`` is what makes a stored message a draft. The subject names nobody.
    """
    message = EmailMessage(policy=SMTP)
    message["X-Unsent"] = "1"
    message["To"] = checked_address(address)
    message["Subject"] = _(_SUBJECT)
    # 7 bits: quoted lines are short enough for every server, and hold no letter that needs more.
    message.set_content(_body(results), cte="quoted-printable")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename="report.pdf")
    message.add_attachment(
        page,
        maintype="text",
        subtype="html",
        filename="report.html",
        params={"charset": "utf-8"},
    )
    message.set_boundary(_BOUNDARY)
    return message.as_bytes()


def _body(results: Findings) -> str:
    of_person = results.about["kind"] == "one_person"
    paragraphs = (
        safety.emergency_text(page_of(results).locale),
        _(_ATTACHED_PERSON if of_person else _ATTACHED),
        _(safety.NOT_ADVICE),
        _(_LOOK),
    )
    return "\n\n".join(paragraphs) + "\n"
