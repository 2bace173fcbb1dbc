"""Sentences about calendars."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "lunar_out_of_range": Text(
        "{day} 不在农历表的范围内（{first}–{last} 年），无法换算农历",
        "{day} is outside the lunar table ({first} to {last}), so it has no lunar date here",
    ),
    "unknown_year": Text(
        "{year} 年的法定节假日与调休未知（已知 {first}–{last} 年）；请升级 chinesecalendar 后重试",
        "the Chinese holidays and 调休 workdays of {year} are not known (known: {first} to {last}); "
        "upgrade chinesecalendar and try again",
    ),
}
