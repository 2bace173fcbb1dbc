"""Every code has a check, a sentence and a remedy in both languages, and a line in both pages of the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from automation.i18n import LANGS, lookup
from automation.insight.lint.checks import CHECKS
from automation.insight.lint.codes import CODES
from automation.insight.lint.wechat import KINDS

DOCS = Path(__file__).resolve().parents[3] / "docs"
OF_LINT_ITSELF = {"L001", "L002", "L003", "L004", "L005"}
_ROW = re.compile(r"^\| `(L\d{3})` \| (\w+) \|", re.MULTILINE)
WORDS = {"en": {"error", "warning", "info"}, "zh": {"错误", "警告", "提示"}}


def test_every_code_has_a_check_and_no_check_gives_others() -> None:
    given = {code for check in CHECKS for code in check.codes}
    assert given | OF_LINT_ITSELF == set(CODES)
    assert not given & OF_LINT_ITSELF


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_says_what_and_what_to_do(code: str) -> None:
    for key in (code.lower(), f"{code.lower()}_remedy"):
        assert all(lookup(f"lint.{key}").get(lang) for lang in LANGS)


@pytest.mark.parametrize(("page", "lang"), [("lint.md", "en"), ("lint.zh-CN.md", "zh")])
def test_the_docs_list_every_code_with_its_severity(page: str, lang: str) -> None:
    rows = _ROW.findall((DOCS / page).read_text(encoding="utf-8"))
    expected = [(name, lookup(f"lint.{code.severity}").get(lang)) for name, code in CODES.items()]
    assert rows == expected
    assert {word for _, word in rows} == WORDS[lang]


@pytest.mark.parametrize("page", ["lint.md", "lint.zh-CN.md"])
def test_the_docs_list_every_kind_of_field(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert [name for name in KINDS if f"`{name}`" not in text] == []
