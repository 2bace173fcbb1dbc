"""`python -m benchmarks [name …] [--quick] [--orders FILE.csv]`: measure, and print the table."""

from __future__ import annotations

import argparse
import importlib
import platform
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.common import Result

BENCHMARKS = {
    "events": "benchmarks.event_path",
    "birthday": "benchmarks.birthday",
    "delivery": "benchmarks.delivery",
    "start": "benchmarks.start_up",
    "winback": "benchmarks.win_back",
    "postgres": "benchmarks.postgres",
    "waiting": "benchmarks.waiting",
    "why": "benchmarks.why",
    "pruning": "benchmarks.pruning",
    "forecast": "benchmarks.forecast",
}
HEAD = "| what | ours | floor | ratio | promise | kept |\n| --- | ---: | ---: | ---: | --- | --- |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help=f"of {', '.join(BENCHMARKS)}; none: all")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size: a smoke test, not a measurement")
    parser.add_argument("--orders", type=Path, help="the CDNOW orders for winback; none: the sample in examples/")
    chosen = parser.parse_args()
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.machine()}\n\n{HEAD}")
    broken = 0
    for name in chosen.names or BENCHMARKS:
        run: Callable[..., list[Result]] = importlib.import_module(BENCHMARKS[name]).run
        options: dict[str, Any] = {"orders": chosen.orders} if name == "winback" and chosen.orders else {}
        for result in run(quick=chosen.quick, **options):
            print(_line(result), flush=True)
            broken += not result.kept
    return min(broken, 1)


def _line(result: Result) -> str:
    kept = "" if not result.promise else "yes" if result.kept else "**no**"
    return f"| {result.name} | {result.ours} | {result.floor} | {result.ratio:.2f} | {result.promise} | {kept} |"


if __name__ == "__main__":
    sys.exit(main())
