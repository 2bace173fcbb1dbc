"""Words: the law's absolute terms with their compounds, the brand's voice, and where each word stands."""

from __future__ import annotations

import pytest

from automation.insight.lint.brand import Brand
from automation.insight.lint.masking import readable
from automation.insight.lint.words import groups, words_in
from tests.insight.lint.conftest import Open, places


def codes(text: str, **voice: object) -> list[tuple[str, str]]:
    return [(code, params["term"]) for code, _, params in words_in(text, Brand(**voice))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "第一次来店",
        "第一步，打开小程序",
        "第一时间通知您",
        "您的第一张券",
        "最后一天",
        "最近好吗",
        "最终解释权",
        "最多三张",
        "最迟周五",
        "最高立减 50 元",
        "最低消费 30 元",
        "第一百货大楼",
        "升至最高级别会员",
        "最佳赏味期 3 天",
        "唯一编号 A1",
        "最大程度保护隐私",
        "第一季度账单",
        "No.12 门店",
        "STOP1",
        "全场最低 5 折起",
        "单笔最大 5 万元",
        "最好提前预约",
        "送上最好的祝福",
        "最优先处理",
        "最新到货",
    ],
)
def test_everyday_compounds_are_no_absolute_terms(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("国家级品质", [("L101", "国家级")]),
        ("最佳选择，最高级享受", [("L101", "最佳"), ("L101", "最高级")]),
        ("销量第一", [("L102", "第一")]),
        ("第一品牌", [("L102", "第一")]),
        ("本店最低价", [("L102", "最低价")]),
        ("全网最低价", [("L102", "全网最低")]),
        ("最好的面料，最大的优惠", [("L102", "最好的"), ("L102", "最大的")]),
        ("行业 No.1", [("L102", "No.1")]),
        ("第一次就选顶级好物", [("L102", "顶级")]),
        ("第一步成为第一", [("L102", "第一")]),
    ],
)
def test_absolute_terms_are_found_once_each(text: str, found: list[tuple[str, str]]) -> None:
    assert codes(text) == found


def test_every_group_names_its_source_and_every_compound_is_about_a_term() -> None:
    terms = [term for group in groups() for term in group.terms.terms]
    assert len(terms) == len(set(terms))
    assert all(group.source.zh and group.source.en and group.code in ("L101", "L102") for group in groups())
    idle = [word for word in groups()[0].terms.allow if not any(term in word for term in terms)]
    assert idle == []


def test_only_what_people_read_is_looked_at() -> None:
    template = '{# 最佳 #}<p title="最佳">{% if x == "最佳" %}好{% endif %}{{ name | default("最佳") }} 最<b>佳</b></p>'
    shown = readable(template, "html")
    assert len(shown) == len(template)
    assert [offset for _, offset, _ in words_in(shown, Brand())] == [template.index('("最佳') + 2]
    assert "最佳" not in readable("a: 好 # 最佳\nurl: https://a.cn/最佳", "yaml").split("https")[0]
    assert "#最佳" in readable('a: "#最佳"', "yaml")
    assert "最佳" not in readable("看 https://a.cn/最佳/x 吧", "text")


def test_a_word_is_named_with_its_line_and_column(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】好消息\n全城最佳的店，拒收请回复R")
    (found,) = shop_.found("L101")
    assert (found.file, found.line, found.column, found.severity) == ("templates/ad.sms.j2", 2, 3, "error")
    assert found.shown("zh") == (
        "templates/ad.sms.j2:2:3: 错误 L101 绝对化用语“最佳”：《中华人民共和国广告法》第九条第（三）项点名的用语"
    )
    assert found.text("en") == "the absolute term “最佳”: named by article 9 (3) of the Advertising Law of the PRC"
    assert "放行" in found.remedy("zh")


def test_a_layout_is_looked_at_once(shop: Open) -> None:
    layout = "{% block html %}<p>顶级服务</p>{% block body %}{% endblock %}{% endblock %}"
    mail = '{% extends "_base.html.j2" %}{% block subject %}x{% endblock %}{% block body %}y{% endblock %}'
    shop_ = shop("email.html.j2", mail, more={"_base.html.j2": layout, "other.email.html.j2": mail})
    assert [(f.file, f.column) for f in shop_.found("L102")] == [("templates/_base.html.j2", 20)]


def test_the_brand_has_words_of_its_own(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】亲爱的用户，会员用户专享爆款，Cheap 不是 cheaper。拒收请回复R")
    shop_.write("brand.yaml", "tone: 亲切\npreferred_words: {用户: 会员用户}\nexcluded_terms: [爆款, cheap]\n")
    report = shop_.look()
    assert report.tone == ("亲切",)
    words = [f for f in report.findings if f.code in ("L103", "L104")]
    assert places(words) == [("L104", 1, 7), ("L103", 1, 16), ("L103", 1, 19)]
    assert words[0].text("en") == "the brand says “会员用户” for “用户”"
    assert words[0].remedy("zh") == "改为“会员用户”（见 brand.yaml 的 preferred_words）"
    assert words[1].text("zh") == "品牌禁用词“爆款”"


def test_a_mistake_in_brand_yaml_has_its_place(shop: Open) -> None:
    shop_ = shop("sms.j2", "【店】好，拒收请回复R")
    shop_.write("brand.yaml", "tone: [短]\nexclude_terms: [爆款]\n")
    (found,) = shop_.found("L005")
    assert (found.file, found.line, found.column) == ("brand.yaml", 2, 1)
    assert "excluded_terms" in found.text("en")
    assert "preferred_words" in found.remedy("en")


def test_a_text_that_a_step_sends_along_is_looked_at(shop: Open) -> None:
    rules = """
rules:
  - id: promo
    trigger: {type: schedule, with: {cron: "0 10 * * tue"}}
    guards: {consent: marketing}
    steps:
      - do: wechat.template
        with:
          template: ad
          url: http://a.cn/?from=最佳 店铺最佳
"""
    shop_ = shop("wechat.yaml", "template_id: T\ndata: {thing1: 您好}", rules=rules)
    found = shop_.found("L101", "L701")
    assert [(f.code, f.file, f.line) for f in found] == [("L701", "rules.yaml", 10), ("L101", "rules.yaml", 10)]
