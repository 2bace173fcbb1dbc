"""Asking whether a link leads somewhere: HEAD, then GET where HEAD is refused; each address once."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urldefrag

import requests

from automation.i18n import Text, fill, lookup

TIMEOUT = 10.0
_NO_HEAD = frozenset({400, 403, 404, 405, 501})
"""Some servers answer these to HEAD alone."""
_DEAD = frozenset({404, 410})
_HEADERS = {"User-Agent": "automation-lint/1"}


@dataclass(frozen=True)
class Answer:
    """What is wrong with a link. `is_dead`: it surely leads nowhere; otherwise it could not be asked."""

    is_dead: bool
    said: Text


class LinkCheck:
    """Called with an address; None when something is there. Nothing but the address is sent."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._known: dict[str, Answer | None] = {}

    def __call__(self, url: str) -> Answer | None:
        url = urldefrag(url).url
        if url not in self._known:
            self._known[url] = self._ask(url)
        return self._known[url]

    def _ask(self, url: str) -> Answer | None:
        try:
            status = self._status("HEAD", url)
            if status in _NO_HEAD:
                status = self._status("GET", url)
        except requests.Timeout:
            return Answer(False, _told("link_timeout", seconds=f"{self._timeout:g}"))
        except requests.ConnectionError:
            return Answer(True, lookup("lint.link_unreachable"))
        except (requests.RequestException, ValueError) as error:
            return Answer(True, _told("link_broken", reason=type(error).__name__))
        if status < 400:
            return None
        return Answer(status in _DEAD, _told("link_status", status=status))

    def _status(self, method: str, url: str) -> int:
        with requests.request(
            method, url, timeout=self._timeout, allow_redirects=True, headers=_HEADERS, stream=True
        ) as answer:
            return answer.status_code


def _told(name: str, **params: object) -> Text:
    text = lookup(f"lint.{name}")
    return Text(*(fill(text.get(lang), params) for lang in ("zh", "en")))
