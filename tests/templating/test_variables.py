"""What a template names, found without rendering it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.templating import RenderError, Template
from tests.templating.helpers import load


def needed(source: str) -> dict[str, bool]:
    """{path: whether it is optional everywhere}."""
    found: dict[str, bool] = {}
    for variable in Template("a", "sms", {"a.sms.j2": source}).variables:
        found[str(variable)] = found.get(str(variable), True) and variable.optional
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ contact.name }} {{ contact['level'] }}", {"contact.name": False, "contact.level": False}),
        ("{{ contact.address.city }}", {"contact.address.city": False}),
        ("{{ contact.city | default(contact.name) }}", {"contact.city": True, "contact.name": False}),
        ("{{ contact.city | upper | default('x') }}", {"contact.city": False}),
        ("{% if contact.city %}{{ contact.city }}{% endif %}", {"contact.city": True}),
        ("{% if contact.city %}{{ contact.city }}{% endif %}{{ contact.city }}", {"contact.city": False}),
        ("{% if contact.city is defined %}{{ contact.city | upper }}{% endif %}", {"contact.city": True}),
        ("{% if contact.city is not defined %}x{% else %}{{ contact.city }}{% endif %}", {"contact.city": True}),
        ("{% if not contact.city %}x{% else %}{{ contact.city }}{% endif %}", {"contact.city": True}),
        ("{% if contact.a and contact.b %}{{ contact.b }}{% endif %}", {"contact.a": True, "contact.b": True}),
        ("{% if contact.a or contact.b %}{{ contact.b }}{% endif %}", {"contact.a": True, "contact.b": False}),
        ("{% if contact.a == 1 %}{% endif %}", {"contact.a": False}),
        ("{{ contact.a if contact.a else contact.b }}", {"contact.a": True, "contact.b": False}),
        ("{{ contact.a or contact.b }}", {"contact.a": True, "contact.b": False}),
        ("{% if coupon %}{{ coupon.code }}{% endif %}", {"coupon": True, "coupon.code": True}),
        ("{% for i in event.items %}{{ i.sku }}{{ loop.index }}{% endfor %}", {"event.items": False}),
        ("{% for i in event.items if i.n > contact.n %}{% endfor %}", {"event.items": False, "contact.n": False}),
        ("{% for a, b in event.pairs %}{{ a }}{{ b }}{% endfor %}{{ a }}", {"event.pairs": False, "a": False}),
        ("{% set x = contact.name %}{{ x }}", {"contact.name": False}),
        ("{{ x }}{% set x = 1 %}", {"x": False}),
        ("{% if 1 %}{% set x = 1 %}{% endif %}{{ x }}", {}),
        ("{% set x %}{{ contact.name }}{% endset %}{{ x }}", {"contact.name": False}),
        ("{% with x = contact.name %}{{ x }}{% endwith %}{{ x }}", {"contact.name": False, "x": False}),
        ("{% macro m(a, b=contact.b) %}{{ a }}{{ contact.c }}{% endmacro %}{{ m(contact.d) }}",
         {"contact.b": False, "contact.c": False, "contact.d": False}),
        ("{{ event.items[0].sku }}", {"event.items": False}),
        ("{{ range(3) | join }}", {}),
        ("plain", {}),
    ],
)  # fmt: skip
def test_what_a_source_needs(source: str, expected: dict[str, bool]) -> None:
    assert needed(source) == expected


def test_lines_and_files_of_an_email_with_a_layout(tmp_path: Path) -> None:
    templates = load(
        tmp_path,
        {
            "_l.html.j2": "{% block html %}\n{{ brand.name }}{% block body %}{{ brand.gone }}{% endblock %}"
            "{% endblock %}",
            "a.email.html.j2": "{% extends '_l.html.j2' %}\n{% block subject %}x{% endblock %}\n"
            "{% block body %}\n{{ contact.name }}{% endblock %}",
        },
    )

    found = [(str(v), v.file, v.line, v.optional) for v in templates.variables("a", "email")]
    assert found == [
        ("contact.name", "templates/a.email.html.j2", 4, False),
        ("brand.name", "templates/_l.html.j2", 2, False),
    ]


def test_lines_of_a_yaml_template(tmp_path: Path) -> None:
    source = "url: '{{ contact.a }}'\ndata:\n  x: {value: \"{{ contact.b }}\"}\n  y: |\n    text\n    {{ contact.c }}\n"
    templates = load(tmp_path, {"a.wechat.yaml": source})

    found = [(str(v), v.file, v.line) for v in templates.variables("a", "wechat")]
    assert found == [
        ("contact.a", "templates/a.wechat.yaml", 1),
        ("contact.b", "templates/a.wechat.yaml", 3),
        ("contact.c", "templates/a.wechat.yaml", 6),
    ]


NAMES = st.sampled_from(["a", "b", "c"])
PIECES = st.recursive(
    NAMES.map(lambda n: f"{{{{ contact.{n} }}}}")
    | st.tuples(NAMES, NAMES).map(lambda p: f"{{{{ contact.{p[0]} or contact.{p[1]} }}}}")
    | NAMES.map(lambda n: f"{{{{ contact.{n} | default('-') }}}}"),
    lambda inner: st.tuples(
        st.sampled_from(["contact.{0}", "not contact.{0}", "contact.{0} is defined", "contact.{0} and contact.{1}",
                         "contact.{0} or contact.{1}", "not (contact.{0} or contact.{1})"]),
        NAMES, NAMES, inner, inner,
    ).map(lambda p: f"{{% if {p[0].format(p[1], p[2])} %}}{p[3]}{{% else %}}{p[4]}{{% endif %}}"),
    max_leaves=8,
)  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=4), st.sets(NAMES))
def test_with_everything_needed_a_template_renders(pieces: list[str], given_names: set[str]) -> None:
    """The analysis and the renderer agree: nothing that is not named as needed can stop a message."""
    template = Template("a", "sms", {"a.sms.j2": "x" + "".join(pieces)})
    required = {variable.path[1] for variable in template.variables if not variable.optional}
    contact = {name: name for name in required | given_names}

    rendered = template.render({"contact": contact})
    assert rendered.used.get("contact", {}).items() <= contact.items()


@given(st.lists(PIECES, min_size=1, max_size=4), st.sets(NAMES))
def test_a_template_that_can_not_render_names_what_it_needs(pieces: list[str], given_names: set[str]) -> None:
    template = Template("a", "sms", {"a.sms.j2": "x" + "".join(pieces)})
    required = {str(variable) for variable in template.variables if not variable.optional}
    blamed: set[str] = set()
    try:
        template.render({"contact": {name: name for name in given_names}})
    except RenderError as error:
        blamed = {error.params["variable"]}
    assert blamed <= required
