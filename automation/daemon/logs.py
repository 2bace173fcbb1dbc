"""Log lines for people (console) or for collectors (JSON, one object a line)."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from automation.contacts.masking import masker

if TYPE_CHECKING:
    from types import TracebackType

    _ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def set_up_logging(form: str) -> None:
    """Send the log to stderr as "console" or "json" lines. Client libraries speak only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else MaskingFormatter(_CONSOLE))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("automation").setLevel(logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that is still at work is no news


_CONSOLE = "%(asctime)s %(levelname)-7s %(message)s"


class MaskingFormatter(logging.Formatter):
    """Phone numbers and e-mail addresses are masked, and of an exception's own words what it quotes."""

    def format(self, record: logging.LogRecord) -> str:
        return masker().text(super().format(record))

    def formatException(self, ei: _ExcInfo) -> str:
        return "\n".join(map(_masked, super().formatException(ei).splitlines()))


def _masked(line: str) -> str:
    """Places in the code are indented; what isn't, the exception says."""
    return masker().text(line) if line.startswith("  ") else masker().error(line)


class JsonFormatter(MaskingFormatter):
    """{"at": UTC time, "level": …, "logger": …, "message": …, "error": the traceback if there is one}."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masker().text(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
