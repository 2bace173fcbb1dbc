"""What a template can't do: read what isn't there, reach Python, or grow without end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from automation.templating import RenderError
from tests.templating.helpers import PERSON, load, rendered


@pytest.mark.parametrize(
    ("source", "line", "variable"),
    [
        ("{{ contact.name }}\n{{ contact.city }}", 2, "contact.city"),
        ("{{ contact.vip }}", 1, "contact.vip"),  # None is as good as absent
        ("{{ gift.code }}", 1, "gift.code"),
        ("{{ gift }}", 1, "gift"),
        ("{% if contact.city == '上海' %}x{% endif %}", 1, "contact.city"),
        ("{{ contact.city | upper }}", 1, "contact.city"),
        ("{{ contact.name ~ contact.city }}", 1, "contact.city"),
        ("{% for x in contact.orders %}{{ x }}{% endfor %}", 1, "contact.orders"),
        ("{{ contact.vip * 2 }}", 1, "contact.vip"),
        ("{% include '_sign.j2' %}", 2, "contact.city"),
    ],
)
def test_a_missing_value_stops_the_message_and_is_named(tmp_path: Path, source: str, line: int, variable: str) -> None:
    templates = load(tmp_path, {"a.sms.j2": source, "_sign.j2": "\n{{ contact.city }}"})
    template = templates.get("a", "sms")
    assert template is not None

    with pytest.raises(RenderError) as caught:
        template.render(PERSON)

    file = "templates/_sign.j2" if "include" in source else "templates/a.sms.j2"
    assert (caught.value.params["file"], caught.value.params["line"]) == (file, line)
    assert caught.value.params["variable"] == variable
    assert caught.value.text("en") == f"{file}:{line}: the variable {variable} is missing; not sent"
    assert caught.value.text("zh") == f"{file}:{line}：缺少变量 {variable}，不发送"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("x{{ contact.city | default('上海') }}", "x上海"),
        ("x{{ contact.address.city | default('上海') }}", "x上海"),
        ("x{{ contact.vip | default('否') }}", "x否"),
        ("x{% if contact.city %}{{ contact.city }}{% endif %}", "x"),
        ("x{% if contact.vip is defined %}VIP{% else %}-{% endif %}", "x-"),
        ("x{{ contact.city or contact.name }}", "x张三"),
        ("x{{ 'VIP' if contact.vip else '' }}", "x"),
        ("x{% if not contact.city and contact.name %}y{% endif %}", "xy"),
    ],
)
def test_a_template_may_ask_whether_a_value_is_there(tmp_path: Path, source: str, text: str) -> None:
    assert rendered(tmp_path, "a.sms.j2", source).text == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ contact.__class__ }}",
        "{{ contact.name.__class__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ (contact.name | attr('__class__')) }}",
        "{{ contact.name.format }}",
        "{{ range.__self__ }}",
        "{% set m = contact.name.upper %}{{ m() }}",
        "{{ lipsum }}",
        "{{ cycler }}",
        "{{ '%s' % contact.name }}",
        "{{ contact.tags }}",
        "{{ none }}",
    ],
)
def test_python_is_out_of_reach(tmp_path: Path, source: str) -> None:
    values = {**PERSON, "contact": {"name": "张三", "tags": ["a"]}}

    templates = load(tmp_path, {"a.sms.j2": "x" + source})
    template = templates.get("a", "sms")
    if template is not None:
        with pytest.raises(RenderError, match="not sent"):
            template.render(values)
    else:
        assert templates.problems


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(100) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}",
        "{{ range(1000000000) | list | length }}",
        "{% for a in range(9000) %}{{ event.long }}{% endfor %}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
        "{% set a %}{{ event.long }}{% endset %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60,
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ 'x' * 1000000000 }}",
        "{{ 10 ** 1000000 }}",
        "{% set a = 9 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ range(9000) | join(event.long) }}",
        "{% set a = event.long | replace('x', event.long) %}{{ a | replace('x', event.long) }}",
    ],
)
def test_no_template_is_a_bomb(tmp_path: Path, source: str) -> None:
    values = {**PERSON, "event": {"long": "x" * 1000}}
    began = time.monotonic()

    with pytest.raises(RenderError, match="not sent"):
        rendered(tmp_path, "a.sms.j2", source, values)

    assert time.monotonic() - began < 2


def test_what_is_too_long_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RenderError) as caught:
        rendered(tmp_path, "a.sms.j2", "\n{% for a in range(9999999) %}x{% endfor %}")

    assert caught.value.text("en") == "templates/a.sms.j2:2: too long or too many loops; not sent"
    assert caught.value.text("zh") == "templates/a.sms.j2:2：内容过长或循环过多，不发送"


def test_an_ordinary_long_list_is_no_bomb(tmp_path: Path) -> None:
    values = {**PERSON, "event": {"items": [{"sku": f"S{i}", "items": i} for i in range(500)]}}
    source = "{% for item in event.items %}{{ loop.index }}:{{ item.sku }}/{{ item.items }} {% endfor %}"

    text = rendered(tmp_path, "a.sms.j2", source, values).text
    assert text is not None
    assert text.startswith("1:S0/0 2:S1/1")


def test_a_value_that_is_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="not sent: a template can't read a object"):
        rendered(tmp_path, "a.sms.j2", "{{ contact.name }}", {"contact": {"name": object()}})
