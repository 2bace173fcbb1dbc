"""Messages as real people would get them: duties, missing values, lengths, subjects, WeChat's limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from automation.insight.lint.duties import says_how_to_stop
from automation.insight.lint.lint import lint
from automation.insight.lint.wechat import KINDS, kind_of
from tests.engine.world import World
from tests.insight.lint.conftest import RULES, Open, Shop, places

MAIL = "{%% block subject %%}%s{%% endblock %%}{%% block html %%}<p>%s</p>{%% endblock %%}"
TRANSACTIONAL = RULES.replace("consent: marketing", "consent: transactional")


def customers(shop: Shop, count: int, **of_first: Any) -> None:
    """`count` people of the audience; the first one has other values."""
    for number in range(count):
        values = {"level": "金卡", "name": "安娜", "city": "上海", "phone": f"1380013{number:04}"}
        values |= {"email": f"c{number}@example.com", "wechat_openid": f"o{number}"}
        values |= of_first if number == 0 else {}
        shop.world.person(f"M{number}", **{k: v for k, v in values.items() if v is not None})


# ---------------------------------------------------------------- duties


def test_a_marketing_sms_is_signed_and_says_how_to_stop(shop: Open) -> None:
    shop_ = shop("sms.j2", "{{ contact.name }}，新品到店")
    found = shop_.found("L201", "L202")
    assert places(found) == [("L201", 1, 1), ("L202", 1, 1)]
    assert "1 of 1 neither begin nor end with 【brand】" in found[0].text("en")
    assert "【{{ brand.name }}】" in found[0].remedy("en")
    assert "guards: {consent: transactional}" in found[1].remedy("zh")


def test_a_transactional_sms_needs_neither(shop: Open) -> None:
    assert shop("sms.j2", "验证码 1234", rules=TRANSACTIONAL.replace("CHANNEL", "sms.send")).found("L201", "L202") == []


def test_only_what_is_really_said_counts(shop: Open) -> None:
    """The words stand in the template, but one person in four does not get them."""
    shop_ = shop("sms.j2", "【店】新品{% if contact.city %}，拒收请回复R{% endif %}")
    customers(shop_, 4, city=None)
    (found,) = shop_.found("L202")
    assert "1 of 4" in found.text("en")


@pytest.mark.parametrize(
    "text", ["拒收请回复R", "退订回T", "回T退订", "回复TD退订", "退订请回复TD", "拒收回R", "Reply STOP to opt out"]
)
def test_ways_to_say_how_to_stop(text: str) -> None:
    assert says_how_to_stop(f"新品到店，{text}")
    assert not says_how_to_stop("新品到店，欢迎回复我们")


def test_a_marketing_mail_has_a_way_out(shop: Open) -> None:
    shop_ = shop("email.html.j2", MAIL % ("您好", "新品到店"))
    (found,) = shop_.found("L203")
    assert found.severity == "error"
    shop_.write("templates/ad.email.html.j2", MAIL % ("您好", '新品 <a href="https://a.cn/leave">退订</a>'))
    assert shop_.found("L203") == []


def test_a_button_of_the_mail_program_is_a_way_out_too(shop: Open) -> None:
    button = "{% block list_unsubscribe %}ADDRESS{% endblock %}"
    shop_ = shop("email.html.j2", MAIL % ("您好", "新品到店") + button.replace("ADDRESS", "https://a.cn/u"))
    assert shop_.found("L203") == []
    shop_.write("templates/ad.email.html.j2", MAIL % ("您好", "新品到店") + button.replace("ADDRESS", ""))
    (found,) = shop_.found("L203")
    assert "or a block list_unsubscribe" in (found.remedy("en") or "")


def test_a_transactional_mail_needs_no_way_out(shop: Open) -> None:
    rules = TRANSACTIONAL.replace("CHANNEL", "email.send")
    assert shop("email.html.j2", MAIL % ("您好", "订单已收到"), rules=rules).found("L203") == []


# ---------------------------------------------------------------- people


def test_what_some_people_lack_is_counted(world: Callable[..., World]) -> None:
    """On both databases: the sample is drawn from those whom the audience matches."""
    text = "【店】{{ contact.name }}，{{ contact.city }}的店，{{ contact.gender | default('') }}拒收请回复R"
    w = world(RULES.replace("CHANNEL", "sms.send"), templates={"ad.sms.j2": text})
    for number in range(25):
        city = {} if number < 3 else {"city": "上海"}
        w.person(f"M{number}", name="安娜", level="金卡", phone=f"1380013{number:04}", **city)
    w.person("X", level="普卡", phone="13900139000")
    w.person("Y", level="金卡")
    report = lint(w.project(), w.database, w.clock.now())
    (found,) = [f for f in report.findings if f.code.startswith("L3")]
    assert (found.code, found.severity) == ("L301", "warning")
    assert places([found]) == [("L301", 1, text.index("contact.city") + 1)]
    assert found.text("zh").startswith("contact.city 在规则 promo 抽样的 25 人中有 12%（3 人）为空")
    assert 'contact.city | default("…")' in found.remedy("en")


def test_what_everybody_lacks_is_an_error(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】{{ contact.gender }}，拒收请回复R")
    customers(shop_, 3)
    (found,) = shop_.found("L301", "L302")
    assert (found.code, found.severity) == ("L302", "error")
    assert "nobody would get the message" in found.text("en")


def test_what_a_digest_collects_is_made_up(shop: Open) -> None:
    rules = """
rules:
  - id: promo
    trigger: {type: event, with: {name: order.paid}}
    digest: {for: 1d, at: "18:00"}
    steps: [{do: sms.send, with: {template: ad}}]
"""
    text = "【店】{{ digest.count }}单{% for e in digest.events %}{{ e.sku }}{% endfor %}拒收请回复R"
    shop_ = shop("sms.j2", text, rules=rules)
    customers(shop_, 3)
    assert shop_.found("L301", "L302", "L303") == []


def test_another_error_of_rendering_names_its_line(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】拒收请回复R\n{{ contact.name | money }}")
    customers(shop_, 2)
    (found,) = shop_.found("L303")
    assert (found.line, found.severity) == (2, "error")
    assert "2 of the 2 people sampled for rule promo" in found.text("en")


def test_nobody_to_be_sampled_is_said(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】{{ contact.city }}，拒收请回复R")
    shop_.world.person("M1", level="金卡")  # without a phone
    (found,) = shop_.found("L304", "L301", "L302")
    assert (found.code, found.file, found.line) == ("L304", "rules.yaml", 3)
    assert shop_.found("L304", sample=0) == []


def test_an_event_rule_is_sampled_from_its_events(world: Callable[..., World]) -> None:
    rules = """
    rules:
      - id: thanks
        trigger: {type: event, with: {name: order.paid, where: [{event.amount: {gte: 100}}]}}
        audience: [{event.sku: {not_in: [Z]}}, {contact.level: 金卡}]
        guards: {consent: transactional}
        steps: [{do: sms.send, with: {template: order}}]
    """
    w = world(rules)
    for number in range(4):
        w.person(f"M{number}", level="金卡", phone=f"1380013{number:04}")
    w.event("order.paid", "M0", amount=200, sku="A")
    w.event("order.paid", "M1", amount=200)
    w.event("order.paid", "M2", amount=1, sku="A")
    w.event("order.paid", "M3", amount=200, sku="Z")
    (found,) = [f for f in lint(w.project(), w.database, w.clock.now(), names=["thanks"]).findings if f.code == "L301"]
    assert found.params["variable"] == "event.sku"
    assert (found.params["count"], found.params["total"], found.params["share"]) == (1, 2, "50")


def test_whom_lint_counts_the_engine_does_not_reach(world: Callable[..., World]) -> None:
    """The same people, the same templates: what lint says before is what the log says afterwards."""
    rules = """
    rules:
      - id: thanks
        trigger: {type: event, with: {name: order.paid}}
        audience: [{contact.level: 金卡}]
        guards: {consent: transactional}
        steps: [{do: sms.send, with: {template: thanks}}]
    """
    w = world(rules, templates={"thanks.sms.j2": "【店】{{ contact.city }}，{{ event.sku }}已发出"})
    for number, given in enumerate([{"city": "上海"}, {}, {"city": "杭州"}, {"city": "北京", "level": "普卡"}]):
        w.person(f"M{number}", **{"level": "金卡", "phone": f"1380013{number:04}", **given})
        w.event("order.paid", f"M{number}", **({} if number == 2 else {"sku": "A"}))
    said = {f.params["variable"]: f.params["count"] for f in lint(w.project(), w.database, w.clock.now()).findings
            if f.code == "L301"}  # fmt: skip
    w.run()
    told = [row.detail["error"] for row in w.log("failed.render")]
    assert said == {name: sum(name in error for error in told) for name in ("contact.city", "event.sku")}
    assert said == {"contact.city": 1, "event.sku": 1}
    assert len(w.outbox("sms")) == 1


def test_a_coupon_that_a_step_will_issue_is_as_long_as_a_real_one(shop: Open) -> None:
    rules = RULES.replace("steps: [{", "steps: [{do: coupon.issue, with: {batch: BDAY}, save_as: coupon}, {")
    shop_ = shop("sms.j2", "{{ coupon.code }}{{ coupon.value }}", rules=rules.replace("CHANNEL", "sms.send"))
    (broken,) = shop_.found("L303")
    assert "coupon.value" in broken.text("en")  # the batch has no value
    shop_.write("templates/ad.sms.j2", "{{ coupon.code }}")
    (found,) = shop_.found("L401")
    assert found.params["characters"] == len("BD") + 10


def test_a_sample_is_spread_and_never_larger_than_asked(world: Callable[..., World]) -> None:
    from automation.store.sampling import sample_contacts

    w = world(RULES.replace("CHANNEL", "sms.send"), templates={"ad.sms.j2": "x"})
    ids = [w.person(f"M{number}") for number in range(64)]
    with w.database.read() as conn:
        some = sample_contacts(conn, None, 16)
        assert len(set(some)) == 16
        assert max(some) - min(some) > 50
        assert sample_contacts(conn, None, 500) == ids


# ---------------------------------------------------------------- SMS and e-mail


def test_the_longest_sms_is_counted_and_priced(shop: Open) -> None:
    settings = '[prices]\nsms = "0.045"\n'
    shop_ = shop("sms.j2", "【店】{{ contact.name }}，新品到店，拒收请回复R", settings=settings)
    customers(shop_, 4, name="安" * 60)
    longest, differ = shop_.found("L401", "L402")
    assert longest.severity == "info"
    assert longest.text("en") == (
        "the longest for rule promo (4 people sampled): 75 characters, 2 segment(s) (UCS-2), 0.09 per person"
    )
    assert differ.text("zh") == "规则 promo：25% 的人计费 2 条，其余 1 条"
    assert "truncate(8, true, '', 0)" in differ.remedy("zh")


def test_without_prices_no_cost_is_told(shop: Open) -> None:
    (found,) = shop("sms.j2", "【店】新品，拒收请回复R").found("L401")
    assert found.text("zh") == "规则 promo 最长的一条（按样例值）：12 字符，计费 1 条（UCS-2），未设单价 [prices]"


def test_a_subject_is_neither_empty_nor_long(shop: Open) -> None:
    shop_ = shop("email.html.j2", MAIL % ("{{ contact.city | default('') }}", "退订 <a href='https://a.cn'>x</a>"))
    customers(shop_, 4, city=None)
    empty = shop_.found("L502", "L503", "L303")
    assert places(empty) == [("L502", 1, 1)]
    assert "1 of the 4" in empty[0].text("en")
    shop_.write("automation.toml", "[lint]\nsubject_characters = 1\n")
    (long,) = shop_.found("L503")
    assert long.text("en") == (
        "a long subject: more than 1 characters for 100 % of the people of rule promo, at most 2"
    )


def test_a_mail_without_a_text_part_is_noted(shop: Open) -> None:
    shop_ = shop("email.html.j2", MAIL % ("您好", "x"))
    assert places(shop_.found("L501")) == [("L501", 1, 1)]
    assert "{% block text %}" in shop_.found("L501")[0].remedy("en")
    shop_.write("templates/ad.email.html.j2", "{% block text %}x{% endblock %}" + MAIL % ("您好", "x"))
    assert shop_.found("L501") == []


# ---------------------------------------------------------------- WeChat


def test_wechat_fields_are_measured_as_people_fill_them(shop: Open) -> None:
    text = "template_id: T\ndata:\n  thing1: {value: '{{ contact.name }}'}\n  first: '{{ contact.name }}'\n"
    shop_ = shop("wechat.yaml", text)
    customers(shop_, 4, name="安" * 21)
    (found,) = shop_.found("L601")
    assert (found.line, found.column, found.severity) == (3, 3, "error")
    assert "thing1 for 1 of 4 people (25 %)" in found.text("en")
    assert found.text("zh").endswith("最长 21 字符；要求：20 个以内字符")
    assert "truncate(20, true, '…', 0)" in found.remedy("en")


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("thing", ["安" * 20, "a b"], ["安" * 21, "", "a\nb"]),
        ("number", ["3", "-2.50"], ["3 元", "1" * 33]),
        ("letter", ["abcZ"], ["abc1", "a" * 33]),
        ("symbol", ["★!"], ["a", "!!!!!!"]),
        ("character_string", ["A-1_2"], ["券A1", "a" * 33]),
        ("time", ["15:01", "2019年10月1日 15:01", "15:01~16:30"], ["长期有效", "2019年10月1日"]),
        (
            "date",
            ["2019年10月1日", "2019-10-01 15:01", "2019.10", "10月1日", "2019年10月1日~2019年11月1日"],
            ["明天", ""],
        ),
        ("amount", ["¥100", "99.90元", "100"], ["12345678901", "一百元"]),
        ("phone_number", ["+86-0766-66888866"], ["1" * 18, "电话"]),
        ("car_number", ["粤A8Z888挂"], ["粤A8Z888888", "粤 A"]),
        ("name", ["安娜", "Anna B"], ["安" * 11, "a" * 21, "安娜1"]),
        ("phrase", ["配送中"], ["正在配送途中", "OK"]),
    ],
)
def test_wechat_limits(field: str, good: list[str], bad: list[str]) -> None:
    kind = kind_of(f"{field}3")
    assert kind is KINDS[field]
    assert [value for value in good if not kind.fits(value)] == []
    assert [value for value in bad if kind.fits(value)] == []


def test_every_wechat_kind_is_tested_and_unknown_fields_have_no_limit() -> None:
    assert len(KINDS) == 12
    assert kind_of("keyword1") is None
