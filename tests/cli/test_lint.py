"""`lint` on the command line: text, JSON and annotations, exit codes, names."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_findings_are_lines_that_editors_know(folder: Path, people: Cli) -> None:
    (folder / "templates" / "birthday.sms.j2").write_text("【店】{{ contact.name }}，最佳好礼 {{ coupon.code }}")
    (folder / "brand.yaml").write_text("tone: [用“您”称呼]", encoding="utf-8")
    said = people("lint", "birthday", lang="zh")
    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[0] == "品牌语气（请自行对照）：用“您”称呼"
    assert "templates/birthday.sms.j2:1:23: 错误 L101 绝对化用语“最佳”" in said.out
    assert "    改法：在结尾写“拒收请回复R”" in said.out
    assert lines[-1] == "2 个错误，0 个警告，1 条提示"


def test_warnings_alone_are_no_failure(folder: Path, people: Cli) -> None:
    change(folder / "templates" / "order_thanks.email.html.j2", "{{ brand.link }}", "http://shop.example.com")
    said = people("lint", "order_thanks")
    assert (said.code, said.out.splitlines()[-1]) == (0, "0 errors, 1 warnings, 0 notes")


def test_json_and_annotations(folder: Path, people: Cli) -> None:
    mail = folder / "templates" / "case_study.email.html.j2"
    change(mail, ' · <a href="{{ brand.link }}/unsubscribe">退订</a>', "")
    change(mail, "lint: allow L501 ", "")
    told = people("lint", "whitepaper_nurture", "--format", "json", "--sample", "0")
    assert told.code == 1
    assert (told.json["ok"], told.json["errors"], told.json["tone"]) == (False, 1, [])
    first = told.json["findings"][0]
    assert (first["code"], first["severity"], first["line"], first["column"]) == ("L203", "error", 1, 1)
    assert first["file"] == "templates/case_study.email.html.j2"
    assert first["message"]
    assert first["remedy"]
    lines = people("lint", "whitepaper_nurture", "--format", "github", "--sample", "0").out.splitlines()
    assert lines[0].startswith("::error file=templates/case_study.email.html.j2,line=1,col=1,title=L203::marketing")
    assert lines[1].startswith("::notice ")
    assert "{%25 block text %25}" in lines[1]


def test_without_a_sample_the_database_is_left_alone(folder: Path, cli: Cli) -> None:
    assert cli("lint", "--sample", "0").code == 0
    assert not (folder / "automation.db").exists()
    assert cli("lint").code == 0
    assert (folder / "automation.db").exists()


def test_an_unknown_name_is_one_sentence(people: Cli) -> None:
    said = people("lint", "birthdya")
    assert said.code == 1
    assert "no rule or template “birthdya”; did you mean birthday?" in said.err
