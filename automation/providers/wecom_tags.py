"""Customer tags of WeCom: names become ids, and each member who has the customer marks them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from automation.i18n import say
from automation.providers.base import Outcome

if TYPE_CHECKING:
    from automation.clock import Clock
    from automation.providers.wechat_http import WechatApi

RELOAD = timedelta(minutes=1)  # so often at most is the list loaded again for a name that is not in it
TAG_GONE = "40068"  # the tag was deleted in WeCom since we loaded the list
TAG_EXISTS = "40071"  # somebody else created it in the meantime


class Tagger:
    """Adds and removes tags of one customer at a time. Repeating it is harmless."""

    def __init__(self, api: WechatApi, clock: Clock, params: Any) -> None:
        self._api = api
        self._params = params
        self._tags = _Tags(api, clock, params)

    def tag(self, customer: str, payload: Mapping[str, Any]) -> Outcome:
        """`payload` is {add: […], remove: […], sender?}."""
        outcome = self._tag(customer, payload)
        if outcome.code == TAG_GONE:
            self._tags.forget()
            outcome = self._tag(customer, payload)
        harmless = outcome.kind == "unknown"
        return Outcome.transient(outcome.code or "", outcome.detail) if harmless else outcome

    def _tag(self, customer: str, payload: Mapping[str, Any]) -> Outcome:
        add, remove = list(payload.get("add") or ()), list(payload.get("remove") or ())
        if not add and not remove:
            return Outcome.permanent("bad_content", say("wechat.no_tags"))
        added = self._tags.ids(add, create=self._params.create_tags)
        removed = self._tags.ids(remove, missing_ok=True)
        members = self._members(customer, payload)
        for found in (added, removed, members):
            if isinstance(found, Outcome):
                return found
        return self._mark(customer, members, added, removed) if added or removed else Outcome.accepted()

    def _mark(self, customer: str, members: Any, added: Any, removed: Any) -> Outcome:
        for member in members:
            marks = (member, customer, added, removed)
            answer = self._api.call(lambda client, marks=marks: client.external_contact.mark_tag(*marks))  # type: ignore[misc]
            if isinstance(answer, Outcome):
                return answer
        return Outcome.accepted()

    def _members(self, customer: str, payload: Mapping[str, Any]) -> list[str] | Outcome:
        """The sender, or every member who has the customer as a contact."""
        sender = payload.get("sender") or self._params.sender
        if sender:
            return [str(sender)]
        answer = self._api.call(lambda client: client.external_contact.get(customer))
        if isinstance(answer, Outcome):
            return answer
        members = [str(one["userid"]) for one in answer.get("follow_user") or []]
        return members or Outcome.permanent("no_follower", say("wechat.no_follower"))


class _Tags:
    """The corporation's tags by name, and by `group/name`; loaded once, and again for a name that is not there."""

    def __init__(self, api: WechatApi, clock: Clock, params: Any) -> None:
        self._api = api
        self._clock = clock
        self._group = params.tag_group
        self._ids: dict[str, list[tuple[str, str]]] = {}  # name: [(id, group/name)]
        self._loaded: datetime | None = None
        self._lock = threading.Lock()

    def ids(self, names: Iterable[str], create: bool = False, missing_ok: bool = False) -> list[str] | Outcome:
        """The ids of `names`; an Outcome when one is unknown or ambiguous, or the list can't be loaded."""
        with self._lock:
            found: list[str] = []
            for name in names:
                one = self._id(name, create, missing_ok)
                if isinstance(one, Outcome):
                    return one
                found += one
            return found

    def forget(self) -> None:
        """Load the list anew next time."""
        self._loaded = None

    def _id(self, name: str, create: bool, missing_ok: bool) -> list[str] | Outcome:
        if name not in self._ids or self._loaded is None:
            problem = self._load()
            if problem is not None:
                return problem
        found = self._ids.get(name, [])
        if len(found) > 1:
            words = say("wechat.ambiguous_tag", tag=name, example=found[0][1])
            return Outcome.permanent("ambiguous_tag", words)
        if found:
            return [found[0][0]]
        if missing_ok:
            return []
        return self._create(name) if create else Outcome.permanent("unknown_tag", say("wechat.unknown_tag", tag=name))

    def _load(self, again: bool = False) -> Outcome | None:
        now = self._clock.now()
        if self._loaded is not None and now - self._loaded < RELOAD and not again:
            return None
        answer = self._api.call(lambda client: client.external_contact.get_corp_tag_list())
        if isinstance(answer, Outcome):
            return answer
        self._ids = {}
        for group in answer.get("tag_group") or []:
            self._remember(group)
        self._loaded = now
        return None

    def _remember(self, group: Mapping[str, Any]) -> None:
        for tag in group.get("tag") or []:
            full = f"{group.get('group_name')}/{tag['name']}"
            for name in (tag["name"], full):
                self._ids.setdefault(name, []).append((tag["id"], full))

    def _create(self, name: str) -> list[str] | Outcome:
        """`group/name` makes it in that group."""
        group, _, bare = name.rpartition("/")
        answer = self._api.call(
            lambda client: client.external_contact.add_corp_tag(None, group or self._group, None, [{"name": bare}])
        )
        if isinstance(answer, Outcome) and answer.code != TAG_EXISTS:
            return answer
        problem = self._load(again=True)
        return problem or self._id(name, create=False, missing_ok=False)
