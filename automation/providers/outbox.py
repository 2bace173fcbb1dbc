"""The default of every channel: writes readable files into the project's outbox and sends nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import field_validator

from automation.channels import CHANNELS
from automation.i18n import Text
from automation.plugin import Params, param
from automation.providers.base import Outcome, Provider
from automation.providers.mime import READABLE, BadHeader, build, mailbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from automation.providers.base import Outgoing, Sent


class OutboxParams(Params):
    """How the outbox writes."""

    format: Literal["files", "jsonl"] = param(
        "files",
        zh="files：每条消息一个文件；jsonl：每天一个文件，每行一条消息，适合大批量",
        en="files: one file per message; jsonl: one file per day with one line per message, for large volumes",
    )
    folder: str = param("outbox", zh="写入的文件夹（相对于项目文件夹）", en="the folder, relative to the project's")
    sender: str = param("outbox@localhost", zh="邮件的发件人", en="the sender of e-mails")

    @field_validator("sender")
    @classmethod
    def _mailbox(cls, value: str) -> str | None:
        return mailbox(value)


class Outbox(Provider):
    """`outbox/<channel>/<date>/<reference>.txt`, `.eml` for e-mail (open it with a mail program), `.json` for the rest.

    The same reference overwrites its file, so a message sent again shows once. Files appear whole or not at all, but
    are not forced to disk one by one; `format = "jsonl"` appends lines and forces each batch to disk.
    """

    type: ClassVar[str] = "outbox"
    title: ClassVar[Text] = Text("发件箱（只写文件，不发送）", "outbox (writes files, sends nothing)")
    Params: ClassVar[Any] = OutboxParams
    channels: ClassVar[frozenset[str]] = frozenset(CHANNELS)
    max_batch: ClassVar[int] = 500
    can_look_up = True

    def __init__(self, params: OutboxParams, context: Any) -> None:
        super().__init__(params, context)
        self._root = Path(context.folder) / params.folder / _file_name(context.channel)
        self._appending = threading.Lock()

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        now = self.context.clock.now().astimezone(self.context.zone)
        if self.params.format == "jsonl":
            return self._append(messages, now)
        return [self._write(message, now) for message in messages]

    def look_up(self, messages: Sequence[Sent]) -> Sequence[Outcome | None]:
        """Accepted where the message's file, or line, is there."""
        if self.params.format == "jsonl":
            return self._find_lines(messages)
        return [self._find_file(message) for message in messages]

    def _find_file(self, message: Sent) -> Outcome | None:
        suffix, _ = _FORMS.get(message.channel, _FORM_OF_OTHERS)
        for day in self._days(message):
            path = self._root / day / f"{_file_name(message.reference)}{suffix}"
            if path.is_file():
                return Outcome.accepted(str(path.relative_to(self._root.parent)))
        return None

    def _find_lines(self, messages: Sequence[Sent]) -> Sequence[Outcome | None]:
        found: dict[tuple[str, str], Outcome] = {}
        for day in {day for message in messages for day in self._days(message)}:
            for reference in _references(self._root / f"{day}.jsonl"):
                found[day, reference] = Outcome.accepted(f"{day}.jsonl#{_file_name(reference)}")
        return [
            next((found[key] for day in self._days(message) if (key := (day, message.reference)) in found), None)
            for message in messages
        ]

    def _days(self, message: Sent) -> tuple[str, str]:
        """The local days on which it may have been written: when it was marked, and the next."""
        day = message.sent_at.astimezone(self.context.zone).date()
        return day.isoformat(), (day + timedelta(days=1)).isoformat()

    def _write(self, message: Outgoing, now: datetime) -> Outcome:
        suffix, form = _FORMS.get(message.channel, _FORM_OF_OTHERS)
        name = _file_name(message.reference)
        try:
            content = form(message, now, self.params.sender)
            path = self._root / now.date().isoformat() / f"{name}{suffix}"
            _write_whole(path, content)
        except BadHeader as error:
            return Outcome.permanent(error.code, str(error))
        except ValueError as error:
            return Outcome.permanent("bad_content", str(error))
        except OSError as error:
            return Outcome.transient("disk", error.strerror)
        return Outcome.accepted(str(path.relative_to(self._root.parent)))

    def _append(self, messages: Sequence[Outgoing], now: datetime) -> Sequence[Outcome]:
        path = self._root / f"{now.date().isoformat()}.jsonl"
        lines = "".join(json.dumps(_record(m, now), ensure_ascii=False, default=str) + "\n" for m in messages)
        if not messages:
            return []
        try:
            with self._appending:
                _append_durably(path, lines.encode())
        except OSError as error:
            return [Outcome.transient("disk", error.strerror)] * len(messages)
        return [Outcome.accepted(f"{path.name}#{_file_name(message.reference)}") for message in messages]


def _references(path: Path) -> Iterator[str]:
    """The messages that a day's file holds whole; a line that a crash cut short is none."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                yield str(json.loads(line)["reference"])
            except (ValueError, LookupError, TypeError):
                continue


def _as_text(message: Outgoing, now: datetime, sender: str) -> bytes:
    lines = [f"{name}: {value}" for name, value in _heading(message, now).items()]
    if message.payload:
        lines.append(f"Payload: {json.dumps(_plain(message.payload), ensure_ascii=False, default=str)}")
    return "\n".join([*lines, "", message.content.text or "", ""]).encode()


def _as_mail(message: Outgoing, now: datetime, sender: str) -> bytes:
    mail = build(message, sender, now, policy=READABLE)
    mail["X-Automation-Channel"] = message.channel
    return mail.as_bytes()


def _as_json(message: Outgoing, now: datetime, sender: str) -> bytes:
    return (json.dumps(_record(message, now), ensure_ascii=False, indent=2, default=str) + "\n").encode()


_Form = tuple[str, "Callable[[Outgoing, datetime, str], bytes]"]
_FORMS: dict[str, _Form] = {"sms": (".txt", _as_text), "email": (".eml", _as_mail)}
_FORM_OF_OTHERS: _Form = (".json", _as_json)


def _heading(message: Outgoing, now: datetime) -> dict[str, Any]:
    values = {
        "Channel": message.channel,
        "To": message.address,
        "Reference": message.reference,
        "Time": now.isoformat(timespec="seconds"),
        "Attempt": message.attempt,
    }
    return {name: " ".join(str(value).split()) for name, value in values.items()}


def _record(message: Outgoing, now: datetime) -> dict[str, Any]:
    content = {name: _plain(value) for name, value in vars(message.content).items() if value is not None}
    heading = {name.lower(): value for name, value in _heading(message, now).items()}
    return {**heading, "attempt": message.attempt, "content": content, "payload": _plain(message.payload)}


def _plain(value: Any) -> Any:
    """Mappings of any kind as dicts, so that JSON can write them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _file_name(text: str) -> str:
    """A name that stays in its folder; two texts never share one."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip(".")[:100]
    return safe if safe and safe == text else f"{safe}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _append_durably(path: Path, content: bytes) -> None:
    """One append, whole lines: a line that a crash cut short is closed off first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            content = content if file.read(1) == b"\n" else b"\n" + content
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
