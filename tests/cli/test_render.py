"""`render`: a template as one contact would get it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli

COUPON = ("--var", 'coupon={"code": "B1", "expires_on": "2026-12-01"}')


def test_every_channel_is_shown(people: Cli) -> None:
    said = people("render", "birthday", "--contact", "M001", *COUPON, "--reveal")
    assert said.code == 0
    assert "── email  birthday.email.html.j2" in said.out
    assert "subject: 李雷，生日快乐" in said.out
    assert "── sms  birthday.sms.j2" in said.out
    assert "text: 【示例商城】李雷，生日快乐！送您 50 元券 B1，2026年12月1日前有效。" in said.out


def test_an_sms_tells_what_it_costs(people: Cli) -> None:
    said = people("render", "birthday", "-c", "phone:13800138001", "--channel", "sms", *COUPON, "--reveal")
    text = next(line for line in said.out.splitlines() if line.startswith("text: ")).removeprefix("text: ")
    assert f"{len(text)} characters, 1 segment(s), UCS-2, signature 示例商城" in said.out
    assert "email" not in said.out
    long = people("render", "birthday", "-c", "M001", "--channel", "sms", "--var", "coupon.code=" + "长" * 40,
                "--var", "coupon.expires_on=2026-12-01", lang="zh")  # fmt: skip
    assert "计费 2 条" in long.out


def test_a_missing_variable_is_not_sent(people: Cli) -> None:
    for lang, words in (("en", "would not be sent: "), ("zh", "不会发送：")):
        said = people("render", "birthday", "-c", "M001", "--channel", "sms", lang=lang)
        assert said.code == 1
        assert f"{words}templates/birthday.sms.j2:1" in said.out
        assert "coupon.code" in said.out
        assert "--var" in said.out


def test_event_values_are_read_as_the_engine_reads_them(people: Cli) -> None:
    plain = people("render", "order_thanks", "-c", "M001", "--event", '{"order_id": "A1", "amount": 899}')
    assert "订单 A1（899.00 元）" in plain.out
    wire = '{"name": "order.paid", "properties": {"order_id": "A1", "amount": "899.00"}}'
    assert people("render", "order_thanks", "-c", "M001", "--event", wire).out == plain.out


def test_a_wrong_event_value_is_one_sentence(people: Cli) -> None:
    said = people("render", "order_thanks", "-c", "M001", "--event", '{"order_id": "A1", "amount": "viel"}')
    assert said.code == 1
    assert "amount" in said.err
    assert people("render", "order_thanks", "-c", "M001", "--event", "{").code == 2
    assert people("render", "order_thanks", "-c", "M001", "--var", "coupon").code == 2


def test_names_that_nobody_knows(people: Cli) -> None:
    assert "known: birthday, case_study, order_thanks" in people("render", "birthdya", "-c", "M001").err
    assert "it has: email, sms" in people("render", "birthday", "-c", "M001", "--channel", "wechat").err
    assert "nobody is known as “M999”" in people("render", "birthday", "-c", "M999").err


def test_a_broken_template_is_not_sent(folder: Path, people: Cli) -> None:
    (folder / "templates" / "birthday.sms.j2").write_text("{{ oops", encoding="utf-8")
    said = people("render", "birthday", "-c", "M001", "--channel", "sms")
    assert said.code == 1
    assert "automation validate" in said.err


def test_the_address_of_one_click_unsubscribing_is_shown(people: Cli, folder: Path) -> None:
    mail = folder / "templates" / "case_study.email.html.j2"
    address = "{% block list_unsubscribe %}https://a.cn/u/1{% endblock %}"
    mail.write_text(mail.read_text("utf-8") + address, encoding="utf-8")
    shown = people("render", "case_study", "-c", "M001", "--event", '{"title": "x"}')
    assert "one-click unsubscribe: https://a.cn/u/1" in shown.out
    assert "一键退订： https://a.cn/u/1" in people("render", "case_study", "-c", "M001", lang="zh").out
