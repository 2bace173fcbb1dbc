"""A message as a MIME e-mail: utf-8 subject, text and HTML alternatives, no header injection."""

from __future__ import annotations

import re
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import PydanticCustomError

from automation.providers.base import Outcome

if TYPE_CHECKING:
    from datetime import datetime
    from email.policy import EmailPolicy

    from automation.providers.base import Outgoing
    from automation.templating.content import Content

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class BadHeader(ValueError):
    """An address or a header that must not go out. `code` says which: bad_address or bad_header."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"{name} is not valid")
        self.code = code


def bad_header(error: BadHeader) -> Outcome:
    """What it means for the message, and for the person if it is the address."""
    return Outcome.permanent(error.code, str(error), "bad_address" if error.code == "bad_address" else None)


class _Whole(UnstructuredHeader):
    """A long address as it is: the standard library would encode it as words, which no mail program reads there."""

    def fold(self: Any, *, policy: Any) -> str:  # mixed into a header that has the name
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", cast("type[BaseHeader]", _Whole))
READABLE = SMTP.clone(header_factory=_HEADERS)  # bodies as they are, for files
ANY_SERVER = READABLE.clone(cte_type="7bit")  # bodies encoded, for servers of any age


def build(
    message: Outgoing,
    sender: str,
    date: datetime,
    reply_to: str | None = None,
    policy: EmailPolicy[EmailMessage] = ANY_SERVER,
) -> EmailMessage:
    """BadHeader when the address is no e-mail address or a header holds a line break.

    The Message-ID follows from the reference, so that a mail sent again is recognised as the same.
    """
    mail = EmailMessage(policy=policy)
    mail["From"] = parse_sender(_clean("From", sender))
    mail["To"] = check_address(message.address)
    mail["Subject"] = _clean("Subject", message.content.subject or "")
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = message_id(message.reference, domain_of(sender))
    mail["X-Automation-Reference"] = _clean("X-Automation-Reference", message.reference)
    if reply_to:
        mail["Reply-To"] = parse_sender(_clean("Reply-To", reply_to))
    for name, value in list_unsubscribe(message.content).items():
        mail[name] = value
    _set_body(mail, message.content.text, message.content.html)
    return mail


def check_address(address: str) -> str:
    """The address itself; BadHeader unless it is one plain ASCII `local@domain`."""
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise BadHeader("bad_address", "the address")
    return address


def message_id(reference: str, domain: str) -> str:
    return f"<{re.sub(r'[^A-Za-z0-9.-]', lambda found: f'_{ord(found[0]):x}', reference)}@{domain}>"


def domain_of(sender: str) -> str:
    """The domain of `Name <local@domain>` or `local@domain`."""
    return sender.rpartition("@")[2].strip(" >") or "localhost"


def parse_sender(sender: str) -> Address:
    """`会员中心 <club@example.com>` as name and address. ValueError when it is neither."""
    name, bracket, rest = sender.rpartition("<")
    address = rest.strip().removesuffix(">") if bracket else sender.strip()
    return Address(display_name=name.strip().strip('"') if bracket else "", addr_spec=check_address(address))


def mailbox(value: str | None) -> str | None:
    """For validators of Params: the value itself, if `parse_sender` takes it."""
    try:
        if value is not None:
            parse_sender(_clean("sender", value))
    except ValueError:
        raise PydanticCustomError("providers.bad_sender", "not an e-mail address") from None
    return value


def list_unsubscribe(content: Content) -> dict[str, str]:
    """RFC 2369's header for a mailto: or https: address; https gets RFC 8058's one click as well."""
    address = content.list_unsubscribe
    if not address:
        return {}
    headers = {"List-Unsubscribe": _clean("List-Unsubscribe", f"<{address}>")}
    if address.startswith("https:"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _set_body(mail: EmailMessage, text: str | None, html: str | None) -> None:
    if text is not None or html is None:
        mail.set_content(text or "")
        if html is not None:
            mail.add_alternative(html, subtype="html")
    else:
        mail.set_content(html, subtype="html")


def _clean(name: str, value: str) -> str:
    if _CONTROL.search(value):
        raise BadHeader("bad_header", name)
    return value
