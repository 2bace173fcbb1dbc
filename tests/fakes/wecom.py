"""WeCom's API: mass messages to customers, application messages to members, customer tags."""

from __future__ import annotations

from typing import Any

from .server import Reply
from .wechat import TokenServer, ok, refusal

CORP_ID = "ww00000000000000cc"
SECRET = "wecom-secret-8c2f4e1a"
AGENT_ID = 1000002

# Customers (external_userid) and the members who have them as a contact.
CUSTOMERS = {
    "wm-1": ["lili"],
    "wm-2": ["lili", "zhangsan"],
    "wm-3": ["zhangsan"],
    "wm-4": ["lili"],
    "wm-full": ["lili"],
}
MEMBERS = {"lili", "zhangsan"}


class FakeWecom(TokenServer):
    """`tasks` are the mass messages that members confirm, `notes` the application messages, `marks` the tags."""

    token_path = "/cgi-bin/gettoken"
    app_key, app, secret_key, secret = "corpid", CORP_ID, "corpsecret", SECRET
    bad_secret, bad_token = 40001, 40014

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        self.marks: dict[tuple[str, str], set[str]] = {}
        self.groups: dict[str, dict[str, str]] = {
            "线索": {"白皮书线索": "et-1", "高意向": "et-2"},
            "等级": {"金卡": "et-3"},
        }

    def handle(self, path: str, body: dict[str, Any]) -> Reply:
        calls = {
            "/cgi-bin/externalcontact/add_msg_template": self._mass_message,
            "/cgi-bin/message/send": self._application_message,
            "/cgi-bin/externalcontact/get": self._customer,
            "/cgi-bin/externalcontact/get_corp_tag_list": self._tag_list,
            "/cgi-bin/externalcontact/add_corp_tag": self._add_tag,
            "/cgi-bin/externalcontact/mark_tag": self._mark,
        }
        return calls[path](body) if path in calls else Reply(404)

    def tags_of(self, customer: str, member: str = "lili") -> set[str]:
        """The names of the tags that `member` has given."""
        names = {tag: name for group in self.groups.values() for name, tag in group.items()}
        return {names[tag] for tag in self.marks.get((member, customer), set())}

    def _mass_message(self, body: dict[str, Any]) -> Reply:
        if body.get("sender", "lili") not in MEMBERS:
            return refusal(40003, "invalid userid")
        people = body["external_userid"]
        fails = [one for one in people if one not in CUSTOMERS or one == "wm-full"]
        if len(fails) == len(people):
            return refusal(41048, "no customer to send")
        self.tasks.append(body)
        return ok(fail_list=fails, msgid=f"msg-{len(self.tasks)}")

    def _application_message(self, body: dict[str, Any]) -> Reply:
        if body["agentid"] != AGENT_ID:
            return refusal(40056, "invalid agentid")
        unknown = [one for one in body["touser"].split("|") if one not in MEMBERS]
        if len(unknown) == len(body["touser"].split("|")):
            return refusal(81013, "user & party & tag all invalid")
        self.notes.append(body)
        return ok(invaliduser="|".join(unknown), msgid=f"note-{len(self.notes)}")

    def _customer(self, query: dict[str, Any]) -> Reply:
        customer = query["external_userid"]
        if customer not in CUSTOMERS:
            return refusal(84061, "not external contact")
        return ok(follow_user=[{"userid": member} for member in CUSTOMERS[customer]])

    def _tag_list(self, _: dict[str, Any]) -> Reply:
        groups = [
            {"group_name": group, "tag": [{"id": tag, "name": name} for name, tag in tags.items()]}
            for group, tags in self.groups.items()
        ]
        return ok(tag_group=groups)

    def _add_tag(self, body: dict[str, Any]) -> Reply:
        tags = self.groups.setdefault(body["group_name"], {})
        for tag in body["tag"]:
            if tag["name"] in tags:
                return refusal(40071, "tag name already exists")
            tags[tag["name"]] = f"et-{sum(map(len, self.groups.values())) + 100}"
        return ok()

    def _mark(self, body: dict[str, Any]) -> Reply:
        member, customer = body["userid"], body["external_userid"]
        if member not in CUSTOMERS.get(customer, []):
            return refusal(84061, "not external contact")
        known = {tag for group in self.groups.values() for tag in group.values()}
        if not known.issuperset([*body["add_tag"], *body["remove_tag"]]):
            return refusal(40068, "invalid tagid")
        marks = self.marks.setdefault((member, customer), set())
        marks |= set(body["add_tag"])
        marks -= set(body["remove_tag"])
        return ok()
