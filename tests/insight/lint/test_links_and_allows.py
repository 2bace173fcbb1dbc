"""Links with and without tracking, dead ones at a real server, and findings that a file allows."""

from __future__ import annotations

import pytest

from automation.errors import AutomationError
from automation.insight.lint.asking import LinkCheck
from tests.fakes.server import FakeServer, Hang, Reply, nobody
from tests.insight.lint.conftest import Open, places

TAIL = "拒收请回复R"


def test_links_are_safe_and_tracked(shop: Open) -> None:
    text = "【店】http://a.cn/x?id={{ contact.name | urlencode }}，https://b.cn/?utm_source=sms。" + TAIL
    shop_ = shop("sms.j2", text)
    found = shop_.found("L701", "L702")
    assert places(found) == [("L701", 1, 4), ("L702", 1, 4)]
    assert found[1].text("en") == "a marketing link without tracking: http://a.cn/x?id=…"
    assert "utm_…" in found[1].remedy("en")


def test_tracking_is_a_setting(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】https://a.cn/?src=sms " + TAIL, settings='[lint]\ntracking = ["src"]\n')
    assert shop_.found("L702") == []
    shop_.write("automation.toml", "[lint]\ntracking = []\n")
    shop_.write("templates/ad.sms.j2", "【店】https://a.cn/ " + TAIL)
    assert shop_.found("L702") == []


def test_the_brands_own_addresses_are_links_too(shop: Open) -> None:
    settings = '[template_variables]\nlink = "http://a.cn"\nname = "店"\n'
    shop_ = shop(
        "sms.j2", "【{{ brand.name }}】{{ brand.link }}/x?utm_id=1 {{ brand.link }} " + TAIL, settings=settings
    )
    assert places(shop_.found("L701", "L702")) == [("L701", 1, 19), ("L701", 1, 47), ("L702", 1, 47)]


def test_in_html_only_what_is_clicked_is_tracked(shop: Open) -> None:
    html = (
        '{% block subject %}x{% endblock %}{% block html %}<html xmlns="http://www.w3.org/1999/xhtml">\n'
        '<img src="https://a.cn/logo.png"><a href="https://a.cn/unsubscribe">退订</a>\n'
        '<a href="https://a.cn/new">https://a.cn/new</a></html>{% endblock %}'
    )
    assert places(shop("email.html.j2", html).found("L701", "L702")) == [("L702", 3, 10)]


def test_a_template_that_no_rule_sends_is_noted_and_not_tracked(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】新品，" + TAIL, more={"old.sms.j2": "https://a.cn"})
    assert [(f.code, f.file) for f in shop_.found("L305", "L702")] == [("L305", "templates/old.sms.j2")]


# ---------------------------------------------------------------- dead links


class Site(FakeServer):
    """Pages of which some are gone, some refuse HEAD, and some are broken."""

    def respond(self, request):  # type: ignore[no-untyped-def]
        if request.path == "/no-head":
            return Reply(405 if request.method == "HEAD" else 200)
        return Reply({"/gone": 404, "/broken": 500, "/moved": 302}.get(request.path, 200), {"Location": "/here"})

    def do(self) -> list[tuple[str, str]]:
        return [(request.method, request.path) for request in self.requests]


def test_links_are_asked_only_when_wanted(shop: Open) -> None:
    with Site() as site:
        shop_ = shop("sms.j2", f"【店】{site.url}/gone " + TAIL)
        assert shop_.found("L703", "L704") == []
        assert site.requests == []


def test_dead_links_are_found_each_asked_once(shop: Open) -> None:
    with Site() as site:
        paths = ("gone", "broken", "no-head", "moved", "here", "gone#part")
        text = "【店】\n" + "\n".join(f"{site.url}/{path}" for path in paths)
        text += f"\n{site.url}/?name={{{{ contact.name }}}}\n" + TAIL
        found = shop("sms.j2", text).found("L703", "L704", link_check=LinkCheck())
        asked = site.do()
    assert places(found) == [("L703", 2, 1), ("L704", 3, 1), ("L703", 7, 1)]
    assert found[0].text("en").endswith("/gone (HTTP 404)")
    assert found[1].text("zh").endswith("/broken（HTTP 500）")
    assert ("GET", "/no-head") in asked
    assert asked.count(("HEAD", "/gone")) == 1
    assert ("HEAD", "/") not in asked  # what differs from person to person is nobody's business


def test_a_server_that_hangs_or_is_not_there() -> None:
    with Site() as site:
        site.script(Hang())
        late = LinkCheck(timeout=0.2)(f"{site.url}/slow")
    assert late is not None
    assert (late.is_dead, late.said.en) == (False, "no answer within 0.2 seconds")
    gone = LinkCheck(timeout=1)(nobody())
    assert gone is not None
    assert (gone.is_dead, gone.said.zh) == (True, "无法连接")


# ---------------------------------------------------------------- allows


def test_an_allow_silences_its_line_and_the_one_below(shop: Open) -> None:
    shop_ = shop(
        "sms.j2",
        "{# lint: allow L201 服务商添加签名 #}\n"
        "{# lint: allow L101 国标分级用语，见 GB/T 1 #}\n"
        "最佳粳米\n最佳 {# lint: allow L101, L102 奖项名称 #}顶级\n" + TAIL,
    )
    assert [f for f in shop_.look().findings if f.severity != "info"] == []


def test_an_allow_reaches_no_further_and_must_silence_something(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】{# lint: allow L101 见奖状 #}\n最佳\n" + TAIL)
    found = [f for f in shop_.look().findings if f.severity != "info"]
    assert places(found) == [("L002", 1, 4), ("L101", 2, 1)]
    assert found[0].text("en") == "L101 is allowed, but there is no such finding here"
    assert "它只对本行和下一行有效" in found[0].remedy("zh")


def test_an_allow_needs_a_reason_and_a_code_that_exists(shop: Open) -> None:
    text = "【店】最佳 {# lint: allow L101 #}\n{# lint: allow L999 什么 #}\n{# lint: allow 什么 #}\n" + TAIL
    found = [f for f in shop("sms.j2", text).look().findings if f.severity != "info"]
    assert places(found) == [("L101", 1, 4), ("L001", 1, 7), ("L003", 2, 1), ("L003", 3, 1)]
    assert found[1].text("zh") == "对 L101 的放行没有写理由"
    assert [f.text("en") for f in found[2:]] == [
        "an allow of a code that does not exist: L999", "an allow of a code that does not exist: 什么",
    ]  # fmt: skip


def test_in_a_template_that_no_rule_sends_no_allow_is_idle(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】好，" + TAIL, more={"old.sms.j2": "{# lint: allow L301 已知 #}\n【店】好，" + TAIL})
    assert [(f.code, f.file) for f in shop_.found("L305", "L002")] == [("L305", "templates/old.sms.j2")]


def test_what_was_not_looked_for_is_not_called_idle(shop: Open) -> None:
    text = "{# lint: allow L301, L703 已知 #}\n【店】好，" + TAIL
    shop_ = shop("sms.j2", text)
    assert shop_.found("L002", sample=0) == []
    (found,) = shop_.found("L002")
    assert found.params["found"] == "L301"


def test_allows_in_yaml_stand_on_the_line_or_above(shop: Open) -> None:
    text = (
        "template_id: T\ndata:\n"
        "  # lint: allow L101 产品注册名\n"
        "  thing1: 最佳\n"
        "  thing2: 最佳 # lint: allow L101 产品注册名\n"
        "  thing3: '# lint: allow L101 最佳'\n"
    )
    assert places(shop("wechat.yaml", text).found("L101", "L002")) == [("L101", 6, 31)]


def test_an_allow_in_a_rules_file(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】好，" + TAIL)
    shop_.world.person("M1", level="普卡")
    assert [f.line for f in shop_.found("L304")] == [3]
    text = (shop_.world.folder / "rules.yaml").read_text(encoding="utf-8")
    shop_.write("rules.yaml", text.replace("  - id", "  # lint: allow L304 新店，还没有会员\n  - id"))
    assert shop_.found("L304", "L002") == []
    assert [f.code for f in shop_.look("promo").findings] == ["L401"]


# ---------------------------------------------------------------- names


def test_one_rule_or_template_can_be_named(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】最佳，" + TAIL, more={"old.sms.j2": "最佳"})
    assert {f.file for f in shop_.look("old").findings} == {"templates/old.sms.j2"}
    assert {f.file for f in shop_.look("promo", sample=0).findings} == {"templates/ad.sms.j2"}
    assert shop_.look("ad", sample=0).findings == shop_.look("promo", sample=0).findings
    with pytest.raises(AutomationError) as error:
        shop_.look("prmo")
    assert error.value.text("en") == "no rule or template “prmo”; did you mean promo?; known: ad, old, promo"


def test_a_mistake_that_validate_finds_comes_first(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】好，" + TAIL)
    shop_.write("templates/ad.sms.j2", "【店】{{ oops")
    found = shop_.look("ad").findings
    assert [(f.code, f.file, f.line) for f in found] == [("L004", "templates/ad.sms.j2", 1)]
    assert "automation validate" in found[0].remedy("en")
    assert [(f.code, f.file, f.line) for f in shop_.look("promo").findings] == [("L004", "rules.yaml", 7)]
