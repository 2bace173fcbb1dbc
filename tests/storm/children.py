"""What the processes of a storm do until somebody kills them."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

from tests.storm.fast_clock import hasten
from tests.storm.feed import batch


def daemon(folder: str, url: str, origin: float) -> None:
    """`automation run`, by its own front door."""
    from automation.cli.main import main

    os.environ["AUTOMATION_DATABASE_URL"] = url
    hasten(origin)
    sys.argv = ["automation", "--project", folder, "--lang", "en", "run"]
    main()


def feeder(folder: str, url: str, origin: float, seed: int, first: int, book: str, pause: float) -> None:
    """Bring batches from `first` on, and write the number of each into `book` once it is acknowledged."""
    hasten(origin)
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopping.append(number))
    engine = _engine(Path(folder), url)
    acknowledged = os.open(book, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    print("the feeder runs", flush=True)
    for number in count(first):
        if stopping:
            return
        _insist(engine, seed, number)
        os.write(acknowledged, b"%d\n" % number)
        time.sleep(pause)


def _insist(engine: Any, seed: int, number: int) -> None:
    """As a client does that gets no answer: the same batch once more."""
    while True:
        try:
            engine.ingest(batch(seed, number))
            return
        except Exception as error:
            logging.warning("batch %d was not taken: %s", number, error)
            time.sleep(0.05)


def _engine(folder: Path, url: str) -> Any:
    from automation.engine.engine import Engine
    from automation.rules.project import Project
    from automation.settings import Settings
    from automation.store.database import Database

    return Engine(Project.load(Settings.load(folder)), Database(url))
