"""The table of checks: what each looks at, and which codes it can give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from automation.insight.lint.durations import minutes_for_months, waits_without_policy
from automation.insight.lint.duties import email_duties, sms_duties
from automation.insight.lint.email import subject, text_part
from automation.insight.lint.limits import idle_limits
from automation.insight.lint.links import dead_links, link_forms, rule_link_forms
from automation.insight.lint.people import broken_renderings, missing_values, mistyped_values, nobody, sent_by_none
from automation.insight.lint.sms import sms_length
from automation.insight.lint.wechat import wechat_fields
from automation.insight.lint.words import rule_wording, wording
from automation.insight.lint.workdays import calendar_ends, holidays_differ

if TYPE_CHECKING:
    from automation.insight.lint.bench import Bench
    from automation.insight.lint.finding import Finding
    from automation.insight.lint.rendering import Rendering
    from automation.insight.lint.sources import Source
    from automation.rules.spec import RuleSpec


@dataclass(frozen=True)
class ProjectCheck:
    """Looks at the project as a whole."""

    codes: tuple[str, ...]
    run: Callable[[Bench], Iterator[Finding]]


@dataclass(frozen=True)
class SourceCheck:
    """Looks at the text of one template file or layout."""

    codes: tuple[str, ...]
    run: Callable[[Bench, Source], Iterator[Finding]]


@dataclass(frozen=True)
class RuleCheck:
    """Looks at one rule."""

    codes: tuple[str, ...]
    run: Callable[[Bench, RuleSpec], Iterator[Finding]]


@dataclass(frozen=True)
class RenderingCheck:
    """Looks at one template as one rule would send it to the people of its sample."""

    codes: tuple[str, ...]
    run: Callable[[Bench, Rendering], Iterator[Finding]]


Check: TypeAlias = ProjectCheck | SourceCheck | RuleCheck | RenderingCheck

PROJECT_CHECKS = (ProjectCheck(("L306",), mistyped_values), ProjectCheck(("L801",), holidays_differ))
SOURCE_CHECKS = (
    SourceCheck(("L101", "L102", "L103", "L104"), wording),
    SourceCheck(("L305",), sent_by_none),
    SourceCheck(("L701", "L702"), link_forms),
    SourceCheck(("L703", "L704"), dead_links),
)
RULE_CHECKS = (
    RuleCheck(("L101", "L102", "L103", "L104"), rule_wording),
    RuleCheck(("L701", "L702"), rule_link_forms),
    RuleCheck(("L802",), calendar_ends),
    RuleCheck(("L803",), minutes_for_months),
    RuleCheck(("L804",), waits_without_policy),
    RuleCheck(("L805",), idle_limits),
)
RENDERING_CHECKS = (
    RenderingCheck(("L201", "L202"), sms_duties),
    RenderingCheck(("L203",), email_duties),
    RenderingCheck(("L301", "L302"), missing_values),
    RenderingCheck(("L303",), broken_renderings),
    RenderingCheck(("L304",), nobody),
    RenderingCheck(("L401", "L402"), sms_length),
    RenderingCheck(("L501",), text_part),
    RenderingCheck(("L502", "L503"), subject),
    RenderingCheck(("L601",), wechat_fields),
)
CHECKS: tuple[Check, ...] = (*PROJECT_CHECKS, *SOURCE_CHECKS, *RULE_CHECKS, *RENDERING_CHECKS)
