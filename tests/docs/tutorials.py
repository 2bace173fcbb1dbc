"""Runs a tutorial: its commands with the real command line, its files as it says, in a folder of its own.

Blocks that do something, by the words behind the three backticks:

- `console`: lines that begin with `$ ` are run, the lines below them are what must come out. `…` stands for anything
  on a line, and alone on a line for any number of lines. A line like `# +1d` lets time pass, where the scene can.
- `KIND write FILE`: the file is written. `KIND append FILE`: the block is put at its end.
- `diff FILE`: lines with `-` are replaced by lines with `+`, each once.
"""

from __future__ import annotations

import io
import logging
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import typer.main

typer.main.get_command = cache(typer.main.get_command)  # otherwise each call makes every command anew

_FENCE = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Block:
    """One fenced block: the words of its first line, its text, and the line on which it begins."""

    words: list[str]
    body: str
    line: int


@dataclass
class Command:
    """What is typed, what should come out, and the line of the tutorial."""

    typed: str
    expected: list[str] = field(default_factory=list)
    line: int = 0


def blocks(text: str) -> Iterator[Block]:
    """Every fenced block, in order."""
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(match["info"].split(), match["body"], line)


def commands(block: Block) -> list[Command]:
    """The commands of a console block."""
    found: list[Command] = []
    for number, line in enumerate(block.body.splitlines(), block.line + 1):
        if line.startswith(("$ ", "# +")):
            found.append(Command(line.removeprefix("$ "), [], number))
        else:
            assert found, f"line {number}: output before any command"
            found[-1].expected.append(line)
    return found


@dataclass
class Scene:
    """One run of a tutorial. `folder` is where it is; `cd` moves it."""

    folder: Path
    lang: str

    def do(self, block: Block) -> None:
        """Whatever the block says. AssertionError when a command gives something else than it shows."""
        kind, *rest = block.words
        if kind == "console":
            for command in commands(block):
                check(command, self.run(command.typed))
        elif rest[:1] in (["write"], ["append"]):
            self._write(rest[1], block.body, append=rest[0] == "append")
        elif kind == "diff" and rest:
            self._change(rest[0], block.body)

    def run(self, typed: str) -> str:
        """The output of one command, errors included."""
        words = shlex.split(typed)
        if words[0] == "cd":
            self.folder = (self.folder / words[1]).resolve()
            return ""
        if words[0] == "automation" and "|" not in words:
            return automation(words[1:], self.folder, self.lang)
        before, pipe, last = typed.rpartition("| automation ")
        if pipe:
            return automation(shlex.split(last), self.folder, self.lang, self._shell(before))
        return self._shell(typed)

    def _shell(self, typed: str) -> str:
        done = subprocess.run(typed, shell=True, cwd=self.folder, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def _write(self, name: str, body: str, *, append: bool) -> None:
        path = self.folder / name
        before = path.read_text(encoding="utf-8") if append else ""
        path.write_text(before + body, encoding="utf-8")

    def _change(self, name: str, body: str) -> None:
        path = self.folder / name
        old = "".join(f"{line[1:]}\n" for line in body.splitlines() if line.startswith("-"))
        new = "".join(f"{line[1:]}\n" for line in body.splitlines() if line.startswith("+"))
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} holds these lines {text.count(old)} times, not once:\n{old}"
        path.write_text(text.replace(old, new), encoding="utf-8")


def automation(arguments: list[str], folder: Path, lang: str, typed: str = "") -> str:
    """What the real command prints, in this process, because starting fifty would take a minute."""
    from automation.cli.main import main

    printed = io.StringIO()
    with _standing_in(folder, lang, typed), redirect_stdout(printed), redirect_stderr(printed):
        try:
            main(arguments)
        except SystemExit as ended:
            if ended.code not in (0, 1, 3, None):
                printed.write(f"(exit code {ended.code})\n")
    return printed.getvalue()


def check(command: Command, printed: str) -> None:
    """What came out is what is shown."""
    expected = "\n".join(command.expected).strip("\n")
    pattern = "".join(_line_pattern(line) for line in expected.split("\n")) if expected else ""
    fits = re.fullmatch(pattern, printed.strip("\n") + "\n" if printed.strip("\n") else "")
    assert fits, f"line {command.line}: `{command.typed}` printed\n{printed}\nbut the tutorial shows\n{expected}"


def _line_pattern(line: str) -> str:
    if line.strip() == "…":
        return r"(?:.*\n)*?"
    return ".*?".join(re.escape(part) for part in line.rstrip().split("…")) + r" *\n"


@contextmanager
def _standing_in(folder: Path, lang: str, typed: str) -> Iterator[None]:
    """The working folder, the language, the input and the log handlers of one command; then all as before."""
    from automation.i18n import current_language, set_language

    here, spoken, root, typing = Path.cwd(), current_language(), logging.getLogger(), sys.stdin
    handlers, level, ours = root.handlers[:], root.level, logging.getLogger("automation").level
    variables = {"AUTOMATION_LANG": lang}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    os.chdir(folder)
    sys.stdin = io.TextIOWrapper(io.BytesIO(typed.encode()))
    try:
        yield
    finally:
        os.chdir(here)
        sys.stdin = typing
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        set_language(spoken)
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.getLogger("automation").setLevel(ours)
        for module in [name for name in sys.modules if name.startswith("automation_plugins.")]:
            del sys.modules[module]
