"""The hash that stands for a plan, and what has moved when it is another one."""

from __future__ import annotations

import hashlib
from typing import Any

from automation.jsontext import writer

_canonical = writer(sort_keys=True)
_FILES, _REST = 8, 40


def plan_hash(files_hash: str, running: int | None, content: Any) -> str:
    """`3f2a91bc-17-…`: the files, the publication that runs, and a hash of these and of everything that was shown.

    Only the last part binds; the first two say later what has moved. At most 64 characters.
    """
    whole = hashlib.sha256(_canonical([files_hash, running, content]).encode()).hexdigest()
    return f"{files_hash[:_FILES]}-{running or 0}-{whole[:_REST]}"


def what_moved(seen: str, now: str) -> list[str]:
    """`files`, `running`, or else `counts`; nothing for a text that is no such hash."""
    before, after = seen.split("-"), now.split("-")
    if len(before) != 3 or len(before[0]) != _FILES or len(before[2]) != _REST:
        return []
    pairs = zip(("files", "running"), before, after, strict=False)
    return [name for name, old, new in pairs if old != new] or ["counts"]
