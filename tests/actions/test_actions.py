"""The other actions: what they ask for, what they write, and for whom they fail."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from automation.actions.base import Action, Done, Failed, Outbound
from automation.actions.contact_tag import ContactTag
from automation.actions.contact_update import ContactUpdate
from automation.actions.email_send import EmailSend
from automation.actions.event_emit import EventEmit
from automation.actions.message_send import MessageSend
from automation.actions.sms_send import SmsSend
from automation.actions.webhook_post import WebhookPost
from automation.actions.wechat_subscribe import WechatSubscribe
from automation.actions.wechat_template import WechatTemplate
from automation.actions.wecom_message import WecomMessage
from automation.actions.wecom_tag import WecomTag
from automation.catalogue.model import FieldType
from automation.clock import to_ms
from automation.contacts.profile import load_contacts
from automation.reasons import Reason
from automation.store.database import Database
from tests.actions.helpers import NOW, act, people

COUPON = {"coupon": {"code": "AB 1", "value": 5000}}


@pytest.mark.parametrize(
    ("action", "params", "expected"),
    [
        (MessageSend, {"channels": ["wechat", "sms", "wechat"], "template": "t"}, Outbound(("wechat", "sms"), "t")),
        (SmsSend, {"template": "t"}, Outbound(("sms",), "t")),
        (EmailSend, {"template": "t"}, Outbound(("email",), "t")),
        (WechatTemplate, {"template": "t"}, Outbound(("wechat",), "t")),
        (
            WechatTemplate,
            {"template": "t", "url": "https://x.example/{{ coupon.code | urlencode }}"},
            Outbound(("wechat",), "t", {"url": "https://x.example/AB%201"}),
        ),
        (
            WechatSubscribe,
            {"template": "t", "page": "pages/coupon?code={{ coupon.code }}"},
            Outbound(("wechat_subscribe",), "t", {"page": "pages/coupon?code=AB 1"}),
        ),
        (WecomMessage, {"template": "t"}, Outbound(("wecom",), "t")),
        (WecomTag, {"add": ["线索"]}, Outbound(("wecom_tag",), payload={"add": ["线索"], "remove": []})),
        (
            WebhookPost,
            {
                "url": "https://crm.example/hook",
                "body": {"code": "{{ coupon.code }}", "value": "{{ coupon.value }}", "who": ["{{ contact.name }}", 1]},
                "headers": {"X-Team": "crm"},
            },
            Outbound(
                ("webhook",),
                payload={"body": {"code": "AB 1", "value": 5000, "who": ["张三", 1]}, "headers": {"X-Team": "crm"}},
                address="https://crm.example/hook",
            ),
        ),
    ],
)
def test_what_goes_outside(db: Database, action: type[Action], params: dict[str, Any], expected: Outbound) -> None:
    people(db, {"name": "张三"}, {"name": "张三"})
    with db.write() as conn:
        results, _ = act(conn, action, params, [(1, 1), (2, 2)], variables=COUPON)

    assert list(results) == [expected, expected]
    assert action.on_error_default == "continue"  # who can't be reached goes on with the journey


@pytest.mark.parametrize("action", [MessageSend, SmsSend, EmailSend, WechatTemplate, WechatSubscribe, WecomMessage])
def test_messages_tell_later_steps_what_became_of_them(action: type[Action]) -> None:
    assert action.outputs == {"status": FieldType.TEXT, "channel": FieldType.TEXT}


def test_a_missing_value_fails_only_the_person_who_lacks_it(db: Database) -> None:
    people(db, {"name": "张三"}, {})
    params = {"url": "https://crm.example/hook", "body": {"who": "{{ contact.name }}"}}
    with db.write() as conn:
        results, _ = act(conn, WebhookPost, params, [(1, 1), (2, 2)])

    assert isinstance(results[0], Outbound)
    error = "{{ contact.name }}: the variable contact.name is missing; not sent"
    assert results[1] == Failed(Reason.FAILED_RENDER, {"error": error, "variable": "contact.name"})


def test_texts_see_the_rule_the_brand_and_the_local_time(db: Database) -> None:
    people(db, {})
    body = {
        "rule": "{{ rule.id }} {{ rule.name }}", "brand": "{{ brand.name }}", "at": "{{ now | date('%H:%M') }}",
        "today": "{{ today }}", "sku": "{{ event.sku }}",
    }  # fmt: skip
    with db.write() as conn:
        params = {"url": "https://x.example", "body": body}
        (result,), _ = act(conn, WebhookPost, params, [(1, 1)], event={"sku": "S1"})

    assert isinstance(result, Outbound)
    assert result.payload["body"] == {
        "rule": "r 规则", "brand": "示例", "at": "12:00", "today": "2026-08-01", "sku": "S1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("action", "params", "kind"),
    [
        (MessageSend, {"channels": [], "template": "t"}, "too_short"),
        (MessageSend, {"channels": ["sms"]}, "missing"),
        (SmsSend, {"template": "t", "url": "x"}, "extra_forbidden"),
        (WecomTag, {}, "actions.tags_missing"),
        (ContactTag, {}, "actions.tags_missing"),
        (ContactTag, {"add": [" "]}, "contacts.bad_tag"),
        (ContactUpdate, {"set": {}}, "too_short"),
        (WebhookPost, {"url": "ftp://x.example"}, "actions.bad_url"),
        (WebhookPost, {"url": "https://"}, "actions.bad_url"),
        (WebhookPost, {"url": "https://user:pw@x.example/"}, "actions.bad_url"),
        (WebhookPost, {"url": "https://{{ contact.host }}/"}, "actions.bad_url"),
        (WebhookPost, {"url": "https://x.example", "headers": {"A: b": "c"}}, "actions.bad_header"),
        (WebhookPost, {"url": "https://x.example", "headers": {"A": "b\r\nc: d"}}, "actions.bad_header"),
    ],
)
def test_wrong_parameters_are_refused(action: type[Action], params: dict[str, Any], kind: str) -> None:
    from automation.i18n import lookup

    with pytest.raises(ValidationError) as caught:
        action.Params.model_validate(params)

    assert caught.value.errors()[0]["type"] == kind
    if "." in kind:
        assert lookup(kind)


def test_tags_are_added_and_removed(db: Database) -> None:
    people(db, {}, {})
    with db.write() as conn:
        act(conn, ContactTag, {"add": ["线索", "旧"]}, [(1, 1), (2, 2)])
        results, _ = act(conn, ContactTag, {"add": ["热"], "remove": ["旧"]}, [(3, 1)])
        profiles = load_contacts(conn, [1, 2])

    assert list(results) == [Done()]
    assert profiles[1]["tags"] == {"线索", "热"}
    assert profiles[2]["tags"] == {"线索", "旧"}


def test_attributes_are_set_from_texts_and_in_the_form_of_their_field(db: Database) -> None:
    people(db, {"city": "上海"})
    values = {
        "level": "金卡",
        "contact.last_sku": "{{ event.sku }}",
        "last_spent": "{{ event.amount }}",  # as it is kept: in the minor unit
        "visits": "7",
        "city": "",
    }
    with db.write() as conn:
        results, _ = act(conn, ContactUpdate, {"set": values}, [(1, 1)], event={"sku": "S1", "amount": 5990})
        profile = load_contacts(conn, [1])[1]

    assert list(results) == [Done()]
    assert {key: profile.get(key) for key in ("level", "last_sku", "last_spent", "visits", "city")} == {
        "level": "金卡", "last_sku": "S1", "last_spent": 5990, "visits": 7, "city": None,
    }  # fmt: skip


def test_money_written_out_is_in_major_units(db: Database) -> None:
    people(db, {})
    with db.write() as conn:
        act(conn, ContactUpdate, {"set": {"last_spent": 59.9}}, [(1, 1)])
        first = load_contacts(conn, [1])[1]["last_spent"]
        act(conn, ContactUpdate, {"set": {"last_spent": "{{ event.a | money }}"}}, [(1, 1)], event={"a": 1234})
        second = load_contacts(conn, [1])[1]["last_spent"]

    assert (first, second) == (5990, 1234)


def test_a_value_of_the_wrong_type_changes_nothing_and_fails_alone(db: Database) -> None:
    people(db, {"level": "银卡", "name": "7"}, {"level": "银卡", "name": "张三"})
    with db.write() as conn:
        params = {"set": {"level": "金卡", "visits": "{{ contact.name }}"}}
        results, _ = act(conn, ContactUpdate, params, [(1, 1), (2, 2)])
        profiles = load_contacts(conn, [1, 2])

    assert results[0] == Done()
    assert isinstance(results[1], Failed)
    assert results[1].reason is Reason.STEP_FAILED
    assert "visits" in results[1].detail["error"]
    assert [profiles[i]["level"] for i in (1, 2)] == ["金卡", "银卡"]


def test_an_event_is_emitted_once_a_run_and_in_the_form_of_its_properties(db: Database) -> None:
    people(db, {}, {})
    params = {
        "name": "cart.rescued",
        "properties": {"sku": "{{ event.sku }}", "amount": "{{ event.amount }}", "count": "2", "note": "x"},
    }
    with db.write() as conn:
        event = {"sku": "S1", "amount": 5990}
        results, emitted = act(conn, EventEmit, params, [(7, 1), (8, 2)], event=event)

    assert list(results) == [Done(), Done()]
    assert [(e.name, e.contact_id, e.occurred_at, e.source, e.message_id) for e in emitted] == [
        ("cart.rescued", 1, to_ms(NOW), "automation", "7:rules/r/steps/0"),
        ("cart.rescued", 2, to_ms(NOW), "automation", "8:rules/r/steps/0"),
    ]
    assert emitted[0].properties == {"sku": "S1", "amount": 5990, "count": 2, "note": "x"}


def test_an_event_with_a_wrong_property_is_not_emitted(db: Database) -> None:
    people(db, {"name": "张三"}, {"name": "3"})
    with db.write() as conn:
        params = {"name": "cart.rescued", "properties": {"count": "{{ contact.name }}"}}
        results, emitted = act(conn, EventEmit, params, [(7, 1), (8, 2)])

    assert [type(result) for result in results] == [Failed, Done]
    assert [event.contact_id for event in emitted] == [2]
