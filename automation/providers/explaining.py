"""pydantic's findings about the settings of a provider as our sentences."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from automation.errors import SettingsError
from automation.i18n import Text, lookup
from automation.settings_source import expected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails


def explained(problem: ErrorDetails, where: str, type_: str, fields: dict[str, Any]) -> SettingsError:
    """pydantic's finding as our sentence. The value itself is never shown: it may be a secret."""
    setting = ".".join([where, *map(str, problem["loc"])])
    kind = problem["type"]
    if kind == "missing":
        return SettingsError("providers.missing", setting=setting, label=_label(fields, str(problem["loc"][0])))
    if kind == "extra_forbidden":
        near = hint(str(problem["loc"][-1]), fields)
        known = listed(fields)
        return SettingsError("providers.unknown_key", setting=setting, type=type_, hint=near, known=known)
    if kind.startswith("providers."):
        reason: Any = lookup(kind)
        return SettingsError("providers.bad_value", setting=setting, reason=reason)
    wanted = expected(kind, problem.get("ctx", {}))
    if wanted is not None:
        return SettingsError("providers.wrong_value", setting=setting, expected=wanted)
    return SettingsError("providers.bad_value", setting=setting, reason=problem["msg"])


def _label(fields: dict[str, Any], name: str) -> Text:
    field = fields.get(name)
    extra = (field.json_schema_extra if field is not None else None) or {}
    return Text(extra.get("zh", name), extra.get("en", name))


def hint(name: str, known: Iterable[str]) -> Text:
    """`; did you mean …?`, or nothing."""
    near = get_close_matches(name, list(known), n=1)
    return Text(*(one.format(nearest=near[0]) for one in lookup("problems.did_you_mean"))) if near else Text("", "")


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
