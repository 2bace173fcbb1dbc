"""Templated parameters of steps."""

from __future__ import annotations

import pytest

from automation.templating import RenderError, TemplateError, render_value, text_variables

VALUES = {"contact": {"name": "张三"}, "event": {"amount": 5990, "items": ["a", "b"], "paid": True}}


def test_texts_are_rendered_at_any_depth_and_the_rest_is_left_alone() -> None:
    value = {"to": "{{ contact.name }}", "list": ["x", "金额 {{ event.amount | money }}", {"n": 1, "none": None}]}

    assert render_value(value, VALUES) == {"to": "张三", "list": ["x", "金额 59.90", {"n": 1, "none": None}]}


def test_a_text_that_is_one_expression_keeps_the_value() -> None:
    value = {"amount": "{{ event.amount }}", "items": "{{ event.items }}", "paid": "{{event.paid}}", "x": "{{ 1 }} "}

    assert render_value(value, VALUES) == {"amount": 5990, "items": ["a", "b"], "paid": True, "x": "1 "}


def test_what_the_texts_name() -> None:
    found = text_variables({"a": "{{ contact.name }}", "b": ["\n{{ event.gone | default('x') }}"], "c": 5})

    assert [(str(v), v.file, v.line, v.optional) for v in found] == [
        ("contact.name", "", 1, False),
        ("event.gone", "", 2, True),
    ]


def test_a_text_with_a_mistake_is_named() -> None:
    with pytest.raises(TemplateError) as caught:
        text_variables({"a": "{{ contact.name "})

    assert "the template's syntax is wrong: unexpected end of template" in caught.value.text("en")
    assert "模板语法错误" in caught.value.text("zh")


@pytest.mark.parametrize("text", ["{{ contact.city }}", "in {{ contact.city }}", "{{ contact.city | upper }}"])
def test_a_missing_value_is_named(text: str) -> None:
    with pytest.raises(RenderError) as caught:
        render_value({"x": [text]}, VALUES)

    assert caught.value.params["variable"] == "contact.city"
    assert caught.value.text("en") == f"{text}: the variable contact.city is missing; not sent"


def test_a_text_can_not_reach_files() -> None:
    with pytest.raises(TemplateError, match="there is no layout"):
        render_value("{% include '_base.html.j2' %}", VALUES)
