"""Which language of a template serves whom: the most exact one, and never the other script before the right one."""

from __future__ import annotations

import pytest

from automation.templating.languages import best_language


@pytest.mark.parametrize(
    ("wanted", "there", "served"),
    [
        ("en-GB", {"en", "zh"}, "en"),
        ("en_gb", {"en-gb", "en"}, "en-gb"),
        ("EN", {"en"}, "en"),
        ("fr", {"en"}, None),
        ("zh-Hant-TW", {"zh-tw", "zh"}, "zh-tw"),
        ("zh-Hant-TW", {"zh-hant", "zh-tw"}, "zh-hant"),
        ("zh-TW", {"zh-hant", "zh"}, "zh-hant"),
        ("zh-HK", {"zh-tw", "zh"}, "zh-tw"),
        ("zh-Hant", {"zh-hk", "zh"}, "zh-hk"),
        ("zh-CN", {"zh-hans", "zh-tw"}, "zh-hans"),
        ("zh-CN", {"zh-tw"}, None),
        ("zh-Hans-TW", {"zh-tw", "zh-cn"}, "zh-cn"),
        ("zh", {"zh-tw", "zh"}, "zh"),
        ("zh-Hant-TW", {"zh"}, "zh"),
        ("sr-Latn-RS", {"sr"}, "sr"),
        ("", {"en"}, None),
        (None, {"en"}, None),
    ],
)
def test_the_most_exact_one_serves(wanted: str | None, there: set[str], served: str | None) -> None:
    assert best_language(wanted, there) == served
