"""Texts of simulations."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "no_time": Text(
        "时间段有误：{begin} 不早于 {end}；请让 --from 早于 --to",
        "there is no time between {begin} and {end}; --from must be before --to",
    ),
}
