"""The encoding of a text file that people send: UTF-8, UTF-16 or GB18030, with or without a mark in front."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, TextIO

from automation.csvfiles.problems import CsvProblem

if TYPE_CHECKING:
    from pathlib import Path

_MARK = "\ufeff"
_HEAD = 4096


def text_encoding(path: Path) -> str:
    """The first that every byte of the file fits. CsvProblem when none does, or the file can't be read."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        return next(encoding for encoding in _candidates(head) if _fits(path, encoding))
    except StopIteration:
        raise CsvProblem("csvfiles.bad_encoding", file=path.name) from None
    except OSError as error:
        raise CsvProblem("csvfiles.no_file", file=path.name, reason=error.strerror) from None


def open_text(path: Path, encoding: str) -> TextIO:
    """The file behind its mark, with its line ends as they are."""
    file = path.open(encoding=encoding, newline="")
    if file.read(1) != _MARK:
        file.seek(0)
    return file


def _candidates(head: bytes) -> tuple[str, ...]:
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return ("utf-32",)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    if head.count(0) > len(head) // 10:  # every second byte of Latin text in UTF-16; no other text has any
        return ("utf-16-be",) if head[:1] == b"\0" else ("utf-16-le",)
    return ("utf-8", "gb18030")


def _fits(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
