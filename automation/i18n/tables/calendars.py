"""Sentences about calendars."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "lunar_out_of_range": Text(
        "{day} 不在农历表的范围内（{first}–{last} 年），无法换算农历",
        "{day} is outside the lunar table ({first} to {last}), so it has no lunar date here",
    ),
    "unknown_year": Text(
        "{year} 年的法定节假日与调休未知（已知 {first}–{last} 年）；请把该年写进 holidays.yaml，或升级 chinesecalendar",
        "the Chinese holidays and 调休 workdays of {year} are not known (known: {first} to {last}); "
        "write that year into holidays.yaml, or upgrade chinesecalendar",
    ),
    "unusable_holidays": Text(
        "holidays.yaml 有错误，改好之前没有一天算得出是不是工作日；运行 automation validate 查看",
        "holidays.yaml has mistakes: until they are corrected no day is known to be a workday; see automation validate",
    ),
}
