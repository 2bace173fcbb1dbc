"""People: what the sampled ones lack, and for whom a template can't be rendered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from automation.i18n import LANGS, Text
from automation.insight.lint.finding import Finding

if TYPE_CHECKING:
    from automation.insight.lint.bench import Bench
    from automation.insight.lint.rendering import Rendering
    from automation.insight.lint.sources import Source
    from automation.templating import RenderError, Variable

_MISSING = "templating.missing"


def missing_values(bench: Bench, rendering: Rendering) -> Iterator[Finding]:
    """L301, L302: variables that the template needs, and people who would get nothing for want of them."""
    failed = [person for person, error in rendering.errors if error.key == _MISSING]
    if not rendering.real or not failed:
        return
    first = {variable.path: variable for variable in reversed(rendering.template.variables) if not variable.optional}
    for path, variable in first.items():
        count = sum(not _has(person, path) for person in failed)
        if count:
            code = "L302" if count == len(rendering.people) else "L301"
            yield Finding(code, *_place(bench, variable), {"variable": str(variable), **rendering.of_people(count)})


def broken_renderings(_: Bench, rendering: Rendering) -> Iterator[Finding]:
    """L303: errors of rendering, by what went wrong; a specimen's missing value counts, because a step makes it."""
    told_otherwise = {_MISSING} if rendering.real else set()
    errors = [error for _, error in rendering.errors if error.key not in told_otherwise and not _no_subject(error)]
    counts = Counter(map(_what, errors))
    for what, error in {_what(error): error for error in errors}.items():
        params = {"reason": Text(*(error.text(lang) for lang in LANGS)), **rendering.of_people(counts[what])}
        yield Finding("L303", error.params["file"], error.params["line"], 1, params)


def nobody(bench: Bench, rendering: Rendering) -> Iterator[Finding]:
    """L304: nobody could be sampled, so that nothing is known of real people."""
    if bench.sampler.asks_people and not rendering.real:
        rule = rendering.use.rule
        yield Finding("L304", rule.file, rule.line, 1, {"rule": rule.id, "channel": bench.title(rendering.use.channel)})


def sent_by_none(bench: Bench, source: Source) -> Iterator[Finding]:
    """L305: a template that no rule sends, so that only its words and links are looked at."""
    own = [
        (name, channel) for name, channel in source.templates if source.file.partition("/")[2].startswith(f"{name}.")
    ]
    if own and not any((use.template, use.channel) in own for use in bench.uses):
        yield Finding("L305", source.file, 1, 1, {"template": own[0][0]})


def mistyped_values(bench: Bench) -> Iterator[Finding]:
    """L306: stored values of another type than the catalogue says, which conditions take for missing."""
    file = bench.project.settings.catalogue
    for field, count in bench.sampler.mistyped().items():
        yield Finding("L306", file, 1, 1, {"field": field, "count": count})


def _has(person: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    value: Any = person
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
        if value is None:
            return False
    return True


def _place(bench: Bench, variable: Variable) -> tuple[str, int, int]:
    source = bench.sources.get(variable.file)
    return source.find(str(variable), variable.line) if source else (variable.file, variable.line, 1)


def _what(error: RenderError) -> tuple[str, str, int]:
    """What went wrong, and where."""
    return error.key, error.params["file"], error.params["line"]


def _no_subject(error: RenderError) -> bool:
    """L502 tells it."""
    return error.key == "templating.empty" and error.params["part"] == "subject"
