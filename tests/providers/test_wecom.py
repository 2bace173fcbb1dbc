"""WeCom through the real wechatpy.enterprise, against a fake that answers like the service."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from automation.i18n import language
from automation.providers.base import Content, Outcome, Outgoing
from automation.providers.wecom import Wecom, WecomParams
from automation.testing.providers import check_provider, heard
from tests.fakes.server import Drop, Hang, Reply, nobody
from tests.fakes.wechat import refusal
from tests.fakes.wecom import AGENT_ID, CORP_ID, SECRET, FakeWecom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from automation.clock import ManualClock
    from automation.providers.context import ProviderContext


@pytest.fixture
def server() -> Iterator[FakeWecom]:
    with FakeWecom() as running:
        yield running


@pytest.fixture
def make(server: FakeWecom, context: Callable[[str], ProviderContext]) -> Callable[..., Wecom]:
    def _make(channel: str = "wecom", **changes: Any) -> Wecom:
        usual = {"corp_id": CORP_ID, "secret": SECRET, "base_url": server.url, "timeout": 0.3}
        return Wecom(WecomParams(**{**usual, **changes}), context(channel))

    return _make


def message(to: str, text: str = "您好", **more: Any) -> Outgoing:
    return Outgoing(f"m-{to}", "wecom", to, Content(data={"text": text, **more}))


def tag(to: str, **payload: Any) -> Outgoing:
    return Outgoing(f"t-{to}", "wecom_tag", to, Content(), payload=payload)


def test_it_keeps_the_contract_of_providers(make: Callable[..., Wecom]) -> None:
    check_provider(Wecom, make, lambda n: message("wm-1", f"第 {n} 条"), secrets=[SECRET])


def test_customers_with_the_same_content_share_one_task(make: Callable[..., Wecom], server: FakeWecom) -> None:
    link = {"msgtype": "link", "link": {"title": "案例", "url": "https://shop.example.com"}}
    sent = [message("wm-1", attachments=[link]), message("wm-2", "王先生您好"), message("wm-3", attachments=[link])]

    outcomes = make().send(sent)

    assert outcomes == [Outcome.accepted("msg-1"), Outcome.accepted("msg-2"), Outcome.accepted("msg-1")]
    assert server.tasks == [
        {
            "chat_type": "single",
            "external_userid": ["wm-1", "wm-3"],
            "text": {"content": "您好"},
            "attachments": [link],
        },
        {"chat_type": "single", "external_userid": ["wm-2"], "text": {"content": "王先生您好"}},
    ]


def test_the_sender_is_the_setting_or_what_the_step_says(make: Callable[..., Wecom], server: FakeWecom) -> None:
    one, other = message("wm-1"), Outgoing("m", "wecom", "wm-3", Content(text="您好"), payload={"sender": "zhangsan"})
    make(sender="lili").send([one, other])
    assert [task["sender"] for task in server.tasks] == ["lili", "zhangsan"]


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "企业微信不能发给此客户"), ("en", "WeCom can't send to this customer")]
)
def test_who_cannot_be_served_is_permanent_and_harms_nobody_else(
    make: Callable[..., Wecom], lang: Any, words: str
) -> None:
    with language(lang):
        good, full, alone = make().send([message("wm-1"), message("wm-full"), message("wm-x", "只有一人")])
    assert good == Outcome.accepted("msg-1")
    assert (full.kind, full.code) == ("permanent", "not_reached")
    assert words in (full.detail or "")
    assert alone == Outcome.permanent("41048", "no customer to send")


def test_application_messages_go_to_members(make: Callable[..., Wecom], server: FakeWecom) -> None:
    card = {"title": "新线索", "description": "王芳下载了白皮书", "url": "https://crm.example.com"}
    people = [message("lili"), message("nobody"), message("zhangsan", msgtype="textcard", textcard=card)]

    outcomes = make(agent_id=AGENT_ID).send(people)

    assert [(o.kind, o.code) for o in outcomes] == [
        ("accepted", None), ("permanent", "not_reached"), ("accepted", None)
    ]  # fmt: skip
    assert [(note["touser"], note["msgtype"], note["agentid"]) for note in server.notes] == [
        ("lili|nobody", "text", AGENT_ID), ("zhangsan", "textcard", AGENT_ID)
    ]  # fmt: skip
    assert server.notes[1]["textcard"] == card


def test_a_wrong_agent_is_a_matter_of_settings(make: Callable[..., Wecom]) -> None:
    [outcome] = make(agent_id=7).send([message("lili")])
    assert outcome == Outcome.transient("settings", "40056: invalid agentid", about="account")


@pytest.mark.parametrize(
    ("agent_id", "lang", "words"),
    [
        (None, "zh", "须有 text 或 attachments"),
        (None, "en", "needs text or attachments"),
        (AGENT_ID, "zh", "须有 text，或 msgtype"),
        (AGENT_ID, "en", "needs text, or msgtype"),
    ],
)
def test_an_empty_message_is_not_sent(
    make: Callable[..., Wecom], server: FakeWecom, agent_id: int | None, lang: Any, words: str
) -> None:
    with language(lang):
        [outcome] = make(agent_id=agent_id).send([Outgoing("m", "wecom", "wm-1", Content(data={}))])
    assert (outcome.kind, outcome.code) == ("permanent", "bad_content")
    assert words in (outcome.detail or "")
    assert server.requests == []


def test_tags_are_added_and_removed_by_name_under_every_member(make: Callable[..., Wecom], server: FakeWecom) -> None:
    provider = make("wecom_tag")
    assert provider.send([tag("wm-2", add=["白皮书线索", "等级/金卡"])]) == [Outcome.accepted()]
    assert provider.send([tag("wm-2", add=["高意向"], remove=["白皮书线索", "从未有过"])]) == [Outcome.accepted()]
    assert server.tags_of("wm-2", "lili") == server.tags_of("wm-2", "zhangsan") == {"金卡", "高意向"}


def test_the_tag_list_is_loaded_once_for_many(make: Callable[..., Wecom], server: FakeWecom) -> None:
    outcomes = make("wecom_tag", sender="lili").send([tag(f"wm-{n}", add=["高意向"]) for n in (1, 2, 4)])
    assert [outcome.kind for outcome in outcomes] == ["accepted"] * 3
    assert [request.path.split("/")[-1] for request in server.requests] == [
        "gettoken", "get_corp_tag_list", "mark_tag", "mark_tag", "mark_tag"
    ]  # fmt: skip


def test_an_unknown_tag_is_permanent_until_it_exists(
    make: Callable[..., Wecom], server: FakeWecom, clock: ManualClock
) -> None:
    provider = make("wecom_tag")
    with language("zh"):
        [outcome] = provider.send([tag("wm-1", add=["新品"])])
    assert (outcome.kind, outcome.code) == ("permanent", "unknown_tag")
    assert outcome.detail == (
        "企业微信中没有客户标签 新品；请先在企业微信后台创建，或在设置中写 create_tags = true"
    )  # fmt: skip
    server.groups["线索"]["新品"] = "et-9"
    clock.advance(timedelta(minutes=1))
    assert provider.send([tag("wm-1", add=["新品"])]) == [Outcome.accepted()]


def test_tags_are_created_when_the_settings_say_so(make: Callable[..., Wecom], server: FakeWecom) -> None:
    provider = make("wecom_tag", create_tags=True, tag_group="营销")
    assert provider.send([tag("wm-1", add=["新品", "季节/春"])]) == [Outcome.accepted()]
    assert server.tags_of("wm-1") == {"新品", "春"}
    assert (set(server.groups["营销"]), set(server.groups["季节"])) == ({"新品"}, {"春"})


def test_a_name_that_several_groups_have_needs_its_group(make: Callable[..., Wecom], server: FakeWecom) -> None:
    server.groups["等级"]["高意向"] = "et-8"
    provider = make("wecom_tag")
    with language("en"):
        [outcome] = provider.send([tag("wm-1", add=["高意向"])])
    assert (outcome.kind, outcome.code) == ("permanent", "ambiguous_tag")
    assert "write group/tag, e.g. 线索/高意向" in (outcome.detail or "")
    assert provider.send([tag("wm-1", add=["等级/高意向"])]) == [Outcome.accepted()]


def test_a_tag_that_was_deleted_and_made_again_is_found_anew(make: Callable[..., Wecom], server: FakeWecom) -> None:
    provider = make("wecom_tag")
    provider.send([tag("wm-1", add=["金卡"])])
    server.groups["等级"]["金卡"] = "et-33"
    assert provider.send([tag("wm-4", add=["金卡"])]) == [Outcome.accepted()]
    assert server.marks["lili", "wm-4"] == {"et-33"}


@pytest.mark.parametrize(
    ("given", "code"),
    [(tag("wm-x", add=["金卡"]), "84061"), (tag("wm-1"), "bad_content")],
)
def test_tags_that_can_never_be_set(make: Callable[..., Wecom], given: Outgoing, code: str) -> None:
    [outcome] = make("wecom_tag").send([given])
    assert (outcome.kind, outcome.code) == ("permanent", code)


@pytest.mark.parametrize("behaviour", [Hang(), Drop(), Reply(500)])
def test_a_tag_call_without_an_answer_may_be_repeated(
    make: Callable[..., Wecom], server: FakeWecom, behaviour: Any
) -> None:
    provider = make("wecom_tag", sender="lili")
    provider.send([tag("wm-1", add=["金卡"])])
    server.script(behaviour)

    [lost] = provider.send([tag("wm-1", add=["高意向"])])
    [again] = provider.send([tag("wm-1", add=["高意向"])])

    assert (lost.kind, again.kind) == ("transient", "accepted")
    assert server.tags_of("wm-1") == {"金卡", "高意向"}


def test_a_mass_message_without_an_answer_is_unknown_and_the_rest_was_not_begun(
    make: Callable[..., Wecom], server: FakeWecom
) -> None:
    provider = make()
    provider.send([message("wm-1", "零")])
    server.script(Hang(after_accept=True))

    outcomes = provider.send([message("wm-1", "一"), message("wm-2", "二"), message("wm-3", "一")])

    assert [(o.kind, o.code) for o in outcomes] == [
        ("unknown", "no_answer"), ("transient", "not_tried"), ("unknown", "no_answer")
    ]  # fmt: skip
    assert len(server.tasks) == 2


def test_an_expired_token_is_replaced_once(make: Callable[..., Wecom], server: FakeWecom) -> None:
    provider = make()
    provider.send([message("wm-1")])
    server.expire()
    [outcome] = provider.send([message("wm-2")])
    assert outcome == Outcome.accepted("msg-2")
    assert server.token_calls == 2


@pytest.mark.parametrize(
    ("changes", "code"), [({"secret": "wrong"}, "auth"), ({"corp_id": "wrong"}, "auth"), ({"base_url": None}, None)]
)
def test_wrong_credentials_burn_no_message(
    make: Callable[..., Wecom], server: FakeWecom, changes: dict[str, Any], code: str | None
) -> None:
    changes = {"base_url": nobody()} if code is None else changes
    outcomes = make(**changes).send([message("wm-1", "一"), message("wm-2", "二")])
    assert [(o.kind, o.code) for o in outcomes] == [("transient", code or "unreachable"), ("transient", "not_tried")]
    assert server.tasks == []


def test_neither_secret_nor_token_shows_anywhere(make: Callable[..., Wecom], server: FakeWecom) -> None:
    provider = make()
    with heard() as records:
        outcomes = [*provider.send([message("wm-1")])]
        server.expire()
        outcomes += provider.send([message("wm-2")])
        server.script(Drop(), refusal(40035, f"bad {server.issued[-1]} {SECRET}"))
        outcomes += [*provider.send([message("wm-3")]), *provider.send([message("wm-4")])]

    shown = [record.getMessage() + str(record.__dict__) for record in records] + [repr(outcomes), repr(provider.params)]
    assert any("corpsecret=***" in text for text in shown)
    for text in shown:
        assert not [secret for secret in (SECRET, *server.issued) if secret in text]
