"""A folder of templates: what is found, what is wrong and where, and that old versions can be rendered again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automation.problems import Problem
from automation.templating import Template, TemplateSet
from tests.templating.helpers import PERSON, load


def test_names_and_channels_come_from_the_files(tmp_path: Path) -> None:
    templates = load(
        tmp_path,
        {
            "birthday.sms.j2": "生日快乐",
            "birthday.wechat.yaml": "template_id: x",
            "campaign/spring-26.wechat_subscribe.yaml": "template_id: x",
            "_sign.j2": "署名",
            "README.md": "not a template",
            ".hidden.sms.j2": "{{",
        },
    )

    assert templates.problems == []
    assert templates.names() == {"birthday", "campaign/spring-26"}
    assert templates.channels("birthday") == {"sms", "wechat"}
    assert templates.channels("nobody") == frozenset()
    assert templates.get("birthday", "email") is None
    assert templates.variables("nobody", "sms") == []


def test_a_project_without_templates_has_none(tmp_path: Path) -> None:
    templates = TemplateSet.load(tmp_path / "templates")

    assert (templates.names(), templates.problems) == (set(), [])


BASE = "{% block html %}<p>{% block body %}{% endblock %}</p>{% endblock %}"


@pytest.mark.parametrize(
    ("file", "source", "line", "said"),
    [
        ("a.sms.j2", "好\n{{ contact.name ", 2, "the template's syntax is wrong: unexpected end of template"),
        ("a.sms.j2", "{% if x %}\n\n", 1, "the template's syntax is wrong"),
        ("a.sms.j2", "\n{{ contact.name | moneyy }}", 2, "there is no filter moneyy; known: abs, "),
        ("a.sms.j2", "\n{{ contact.name is defind }}", 2, "there is no test defind"),
        ("a.sms.j2", "\n\n{{ contact.name.upper() }}", 3, "the method upper can't be called; use a filter"),
        ("a.sms.j2", "{{ contact }}", 1, "name a field, such as contact.name, not the whole of contact"),
        ("a.sms.j2", "{% set x = 'n' %}\n{{ contact[x] }}", 2, "not the whole of contact"),
        ("a.sms.j2", "{% include '_gone.j2' %}", 1, "there is no layout _gone.j2"),
        ("a.sms.j2", "{% include '../../etc/passwd' %}", 1, "there is no layout ../../etc/passwd"),
        ("a.sms.j2", "{% include contact.name %}", 1, "name the file of an include, extends or import directly"),
        ("a.sms.j2", "{% include '_loop.j2' %}", 1, "layouts go round in a circle"),
        ("a.sms.j2", "{% autoescape false %}{% endautoescape %}", 1, "`autoescape` can't be switched off"),
        ("a.sms.j2", b"\xc4\xe3\xba\xc3", 1, "templates must be UTF-8"),
        ("a.email.html.j2", "{% block html %}x{% endblock %}", 1, "the e-mail has no subject"),
        ("a.email.html.j2", "{% block subject %}x{% endblock %}", 1, "the e-mail has no body"),
        (
            "a.email.html.j2",
            "{% block subject %}x{% endblock %}\n{% block html %}x{% endblock %}\n\nstray",
            4,
            "this stands outside the blocks",
        ),
        ("a.wechat.yaml", "- x", 1, "expected YAML with `key: value` lines"),
        ("a.wechat.yaml", "x: 1\nx: 2", 2, "x"),
        ("a.wechat.yaml", "x: 1\ndata:\n  y: |\n    one\n    {{ contact.name | nope }}", 5, "there is no filter nope"),
        ("a.wechat.yaml", "x: 1\ny: '{{ contact.name | nope }}'", 2, "there is no filter nope"),
        ("生日.sms.j2", "x", 1, "the template name 生日 may hold only letters, digits, _ and -"),
        ("a.html", "x", 1, "no template by its name, so it is ignored; names end in one of: .sms.j2"),
    ],
)
def test_every_mistake_is_named_with_its_line(
    tmp_path: Path, file: str, source: str | bytes, line: int, said: str
) -> None:
    templates = load(tmp_path, {file: source, "_loop.j2": "{% include '_loop.j2' %}", "_base.html.j2": BASE})

    (problem,) = templates.problems
    assert (problem.file, problem.line) == (f"templates/{file}", line)
    assert said in problem.text("en")
    assert problem.text("zh") != problem.text("en")
    assert templates.get("a", "sms") is None


def test_a_file_that_is_ignored_is_only_a_warning(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, {"a.html": "x"}).problems

    assert problem.severity == "warning"


def test_all_mistakes_of_all_files_come_at_once_and_harm_no_other_file(tmp_path: Path) -> None:
    templates = load(
        tmp_path,
        {"a.sms.j2": "{{ x | nope }}\n{{ contact }}", "b.sms.j2": "{{", "c.sms.j2": "好"},
    )

    found = [(problem.file, problem.line, problem.key) for problem in templates.problems]
    assert found == [
        ("templates/a.sms.j2", 1, "templating.unknown_filter"),
        ("templates/a.sms.j2", 2, "templating.whole"),
        ("templates/b.sms.j2", 1, "templating.syntax"),
    ]
    assert isinstance(templates.problems[0], Problem)
    assert templates.names() == {"a", "b", "c"}
    assert templates.get("c", "sms") is not None


def test_a_mistake_in_a_layout_is_named_in_the_layout(tmp_path: Path) -> None:
    templates = load(tmp_path, {"_sign.j2": "\n{{ contact.name | nope }}", "a.sms.j2": "{% include '_sign.j2' %}"})

    (problem,) = templates.problems
    assert (problem.file, problem.line) == ("templates/_sign.j2", 2)


def test_the_version_follows_the_text_and_the_layouts_it_uses(tmp_path: Path) -> None:
    def version(folder: str, text: str, layout: str, other: str = "") -> str:
        files = {"a.sms.j2": text, "_sign.j2": layout, "_other.j2": other}
        template = load(tmp_path / folder, files).get("a", "sms")
        assert template is not None
        return template.version

    first = version("1", "好{% include '_sign.j2' %}", "A")
    assert len(first) == 16
    assert first == version("2", "好{% include '_sign.j2' %}", "A", other="not used")
    assert first != version("3", "您好{% include '_sign.j2' %}", "A")
    assert first != version("4", "好{% include '_sign.j2' %}", "B")


def test_an_old_version_renders_the_same_from_what_the_ledger_kept(tmp_path: Path) -> None:
    """The content and the used values, both through JSON, give the message as it was."""
    source = (
        "{% extends '_base.html.j2' %}{% block subject %}{{ contact.tags | join('、') }}{% endblock %}"
        "{% block body %}{{ contact.name }} {{ now | date('%H:%M') }} {{ today | date('zh') }}{% endblock %}"
    )
    template = load(tmp_path, {"a.email.html.j2": source, "_base.html.j2": BASE}).get("a", "email")
    assert template is not None
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    now = datetime(2026, 8, 1, 4, tzinfo=UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    person = {"name": "张三", "tags": frozenset({"b", "a", "c"}), "phone": "+8613800000000"}
    sent = template.render({"contact": person, "now": now, "today": now.date(), "rule": {"id": "r"}})

    kept = json.loads(json.dumps(sent.used))
    again = Template.from_content(template.content)
    assert again.version == template.version
    assert again.render(kept).content == sent.content
    assert sent.content.subject == "a、b、c"
    assert sent.content.html == "<p>张三 12:00 2026年8月1日</p>"
    assert "phone" not in kept["contact"]  # only what the template names is kept
    assert "rule" not in kept


def test_the_samples_of_the_repository_have_no_problems() -> None:
    templates = TemplateSet.load(Path(__file__).parents[2] / "templates")

    assert templates.problems == []
    assert templates.names() == {"birthday", "case_study_a", "case_study_b", "stock_out_online", "win_back"}
    values = {**PERSON, "event": {"sku": "S1", "store_id": "1"}}
    for name in templates.names():
        for channel in templates.channels(name):
            template = templates.get(name, channel)
            assert template is not None
            assert template.render(values).content


LANGUAGES = {
    "hi.sms.j2": "【店】{{ contact.name }}，您好",
    "hi.en.sms.j2": "[Shop] Hello {{ contact.nick | default('there') }}",
    "hi.zh-Hant.sms.j2": "【店】{{ contact.name }}，妳好",
}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (None, "【店】安娜，您好"),
        ("", "【店】安娜，您好"),
        ("zh", "【店】安娜，您好"),
        ("fr", "【店】安娜，您好"),
        ("en", "[Shop] Hello there"),
        ("EN", "[Shop] Hello there"),
        ("en_GB", "[Shop] Hello there"),
        ("en-Latn-GB", "[Shop] Hello there"),
        ("eng", "【店】安娜，您好"),
        ("zh-hant", "【店】安娜，妳好"),
        ("zh-Hant-HK", "【店】安娜，妳好"),
    ],
)
def test_the_persons_language_or_the_default(tmp_path: Path, language: str | None, expected: str) -> None:
    template = load(tmp_path, LANGUAGES).get("hi", "sms")
    assert template is not None
    rendered = template.render({"contact": {"name": "安娜", "language": language}})
    assert rendered.content.text == expected
    # and what was sent can be shown again from what the ledger keeps
    assert Template.from_content(template.content).render(rendered.used).content.text == expected


def test_every_language_is_part_of_the_template(tmp_path: Path) -> None:
    one = load(tmp_path / "a", LANGUAGES).get("hi", "sms")
    other = load(tmp_path / "b", LANGUAGES | {"hi.en.sms.j2": "[Shop] Hi"}).get("hi", "sms")
    alone = load(tmp_path / "c", {"hi.sms.j2": LANGUAGES["hi.sms.j2"]}).get("hi", "sms")
    assert one is not None
    assert other is not None
    assert alone is not None
    assert len({one.version, other.version, alone.version}) == 3
    assert {str(variable) for variable in one.variables} == {"contact.name", "contact.nick"}


def test_a_mistake_in_one_language_sends_no_other_instead(tmp_path: Path) -> None:
    templates = load(tmp_path, LANGUAGES | {"hi.en.sms.j2": "{{ contact.name "})
    assert [problem.file for problem in templates.problems] == ["templates/hi.en.sms.j2"]
    assert templates.get("hi", "sms") is None
    assert templates.channels("hi") == {"sms"}


def test_a_template_without_a_default_is_an_error(tmp_path: Path) -> None:
    templates = load(tmp_path, {"hi.en.sms.j2": "Hello", "ho.en-GB.email.html.j2": "x"})
    said = {problem.file: problem.text("en") for problem in templates.problems if problem.key.endswith("no_default")}
    assert said["templates/hi.en.sms.j2"].startswith("there are languages but no hi.sms.j2")
    assert "ho.email.html.j2" in said["templates/ho.en-GB.email.html.j2"]
    assert templates.get("hi", "sms") is None
