"""What each channel's template becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from automation.templating import RenderError
from tests.templating.helpers import PERSON, load, rendered


def test_an_sms_is_plain_text_without_escapes(tmp_path: Path) -> None:
    content = rendered(tmp_path, "a.sms.j2", "\n{{ contact.name }} & {{ brand.name }}\n")

    assert content.text == "张三 & B&Q"
    assert (content.subject, content.html, content.data) == (None, None, None)


def test_an_empty_sms_is_not_sent(tmp_path: Path) -> None:
    with pytest.raises(RenderError) as caught:
        rendered(tmp_path, "a.sms.j2", "{% if contact.vip %}VIP{% endif %}")

    assert caught.value.text("en") == "templates/a.sms.j2:1: the text is empty once rendered; not sent"
    assert caught.value.text("zh") == "templates/a.sms.j2:1：渲染后 text 为空，不发送"


EMAIL = """{% set greeting = '<您好>' %}
{% block subject %}
  {{ greeting }} {{ brand.name }}
{% endblock %}
{% block text %}{{ greeting }} {{ brand.name }}{% endblock %}
{% block html %}<p>{{ greeting }} {{ brand.name }}</p>{% endblock %}"""


def test_an_email_escapes_in_its_html_and_nowhere_else(tmp_path: Path) -> None:
    content = rendered(tmp_path, "a.email.html.j2", EMAIL)

    assert content.subject == "<您好> B&Q"
    assert content.text == "<您好> B&Q"
    assert content.html == "<p>&lt;您好&gt; B&amp;Q</p>"


def test_a_subject_never_has_a_line_break(tmp_path: Path) -> None:
    """Otherwise a contact's name could add headers."""
    values = {**PERSON, "brand": {"name": "A\r\nBcc: everyone@example.com"}}
    content = rendered(tmp_path, "a.email.html.j2", EMAIL, values)

    assert content.subject == "<您好> A Bcc: everyone@example.com"


def test_the_text_part_is_made_from_the_html_when_absent(tmp_path: Path) -> None:
    source = (
        "{% block subject %}x{% endblock %}{% block html %}<html><head><title>t</title><style>p {}</style></head>"
        "<p>你好，{{ contact.name }} &amp; co</p><ul><li>一</li><li><a href='https://x.example/y'>二</a></li></ul>"
        "<p>1<br>2</p></html>{% endblock %}"
    )

    assert rendered(tmp_path, "a.email.html.j2", source).text == (
        "你好，张三 & co\n\n- 一\n- 二 (https://x.example/y)\n\n1\n2"
    )


LEAVING = (
    "{% block subject %}s{% endblock %}{% block html %}<p>h</p>{% endblock %}"
    "{% block list_unsubscribe %}\n {{ contact.way }} \n{% endblock %}"
)


@pytest.mark.parametrize(
    ("way", "address"),
    [
        ("https://a.cn/u?a=1&b=2", "https://a.cn/u?a=1&b=2"),
        ("mailto:u@a.cn?subject=leave", "mailto:u@a.cn?subject=leave"),
        ("", None),
        ("https://a.cn/" + "x" * 880, "https://a.cn/" + "x" * 880),
    ],
)
def test_an_email_may_say_where_programs_unsubscribe(tmp_path: Path, way: str, address: str | None) -> None:
    content = rendered(tmp_path, "a.email.html.j2", LEAVING, {**PERSON, "contact": {"way": way}})
    assert (content.list_unsubscribe, content.html, content.text) == (address, "<p>h</p>", "h")


@pytest.mark.parametrize(
    "way",
    ["http://a.cn", "a.cn/u", "https://a.cn/a b", "https://a.cn/张", "https://a.cn/>,<x", "https://", "javascript:x",
     "https://a.cn/\r\nBcc: x@y.cn", "https://a.cn/" + "x" * 900],
)  # fmt: skip
def test_what_is_no_such_address_is_not_sent(tmp_path: Path, way: str) -> None:
    with pytest.raises(RenderError) as caught:
        rendered(tmp_path, "a.email.html.j2", LEAVING, {**PERSON, "contact": {"way": way}})
    assert caught.value.text("en").startswith(
        "templates/a.email.html.j2:1: the block list_unsubscribe must be one https"
    )
    assert "须是一个 https:// 或 mailto: 地址" in caught.value.text("zh")


def test_a_layout_says_it_for_all_and_a_template_may_take_it_back(tmp_path: Path) -> None:
    layout = LAYOUT + "{% block list_unsubscribe %}https://a.cn/{{ contact.name | urlencode }}{% endblock %}"
    child = "{% extends '_l.html.j2' %}{% block body %}x{% endblock %}"
    back = child + "{% block list_unsubscribe %}{% endblock %}"
    templates = load(tmp_path, {"_l.html.j2": layout, "a.email.html.j2": child, "b.email.html.j2": back})
    found = [templates.get(name, "email") for name in ("a", "b")]
    addresses = [template.render(PERSON).content.list_unsubscribe for template in found if template is not None]
    assert addresses == ["https://a.cn/%E5%BC%A0%E4%B8%89", None]


LAYOUT = """{% block subject %}{{ brand.name }}{% endblock %}
{% block text %}{{ brand.name }}：{% block text_body %}{% endblock %}{% endblock %}
{% block html %}<main>{% block body %}<i>base</i>{% endblock %}</main>{% endblock %}"""


def test_a_layout_gives_what_the_template_leaves_out(tmp_path: Path) -> None:
    child = (
        "{% extends '_l.html.j2' %}{% block text_body %}{{ brand.name }}{% endblock %}"
        "{% block body %}{{ super() }}<b>{{ contact.name }}</b>{% endblock %}"
    )
    templates = load(tmp_path, {"_l.html.j2": LAYOUT, "a.email.html.j2": child})
    template = templates.get("a", "email")
    assert template is not None

    content = template.render(PERSON).content
    assert (content.subject, content.text) == ("B&Q", "B&Q：B&Q")
    assert content.html == "<main><i>base</i><b>张三</b></main>"


def test_yaml_is_rendered_value_by_value(tmp_path: Path) -> None:
    source = (
        "template_id: ABC\n"
        "url: https://x.example/{{ contact.name | urlencode }}\n"
        "data:\n"
        "  thing1: {value: '{{ contact.name }}'}\n"
        "  lines:\n"
        "    - plain\n"
        "    - '{{ coupon.code }}'\n"
        "miniprogram: {count: 3, on: true, off: no, pagepath: 012}\n"
    )
    wicked = {**PERSON, "contact": {"name": "'}\ntemplate_id: EVIL\nx: {y: '"}}

    data = rendered(tmp_path, "a.wechat.yaml", source, wicked).data
    assert data == {
        "template_id": "ABC",
        "url": "https://x.example/%27%7D%0Atemplate_id%3A%20EVIL%0Ax%3A%20%7By%3A%20%27",
        "data": {"thing1": {"value": "'}\ntemplate_id: EVIL\nx: {y: '"}, "lines": ["plain", "AB12"]},
        "miniprogram": {"count": 3, "on": True, "off": "no", "pagepath": "012"},
    }


def test_a_template_in_a_value_of_a_contact_is_only_text(tmp_path: Path) -> None:
    values = {**PERSON, "contact": {"name": "{{ coupon.code }}"}}

    assert rendered(tmp_path, "a.sms.j2", "您好 {{ contact.name }}", values).text == "您好 {{ coupon.code }}"
