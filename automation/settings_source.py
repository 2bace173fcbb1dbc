"""Where settings come from: places in `automation.toml`, names of `AUTOMATION_…` variables; what is wrong there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from automation.errors import SettingsError
from automation.i18n import Text, fill, lookup
from automation.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

FILE = "automation.toml"
PREFIX = "AUTOMATION_"
NOT_SETTINGS = ("AUTOMATION_PROJECT", "AUTOMATION_AUTHOR")
"""Variables of ours that are no settings: where the project lies, and who types."""
_LITERAL = ("type", "account", "rate", "burst", "breaker")
"""Keys of a provider's table that hold no secret and are read as they stand."""
_HEADER = re.compile(r"^\s*(\[\[?)([^\]]+)\]\]?")
_KEY = re.compile(r'^(\s*)((?:[\w-]+|"[^"]*")(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=')


class SettingsProblems(SettingsError):
    """Everything that is wrong with the settings, in order. `lang`: the language that they ask for, if any."""

    def __init__(self, problems: list[Problem], lang: str | None = None) -> None:
        first = problems[0]
        super().__init__(first.key, **first.params)
        self.problems, self.lang = problems, lang

    def text(self, lang: str | None = None) -> str:
        return "\n".join(problem.shown(lang) for problem in self.problems)


@dataclass
class Source:
    """What was read: the values, the text of the file, and which variable each dotted setting came from."""

    text: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Source:
        """The file, or nothing where there is none."""
        if not path.exists():
            return cls()
        try:
            text = path.read_text(encoding="utf-8-sig")
            return cls(text, tomllib.loads(text))
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            problem = Problem(FILE, line, 1, "settings.not_utf8", {"line": line})
        except tomllib.TOMLDecodeError as error:
            place = _TOML_PLACE.search(str(error))
            line, column = (int(place[1]), int(place[2])) if place else (len(text.splitlines()) or 1, 1)
            problem = Problem(FILE, line, column, "settings.bad_file", {"file": FILE, "reason": _toml(str(error))})
        except OSError as error:
            problem = Problem(FILE, 1, 1, "settings.bad_file", {"file": FILE, "reason": error.strerror})
        return cls(problems=[problem])

    def overlay(self, environment: Mapping[str, str], model: type[BaseModel]) -> None:
        """Lay the `AUTOMATION_…` variables over the values; what is no setting becomes a problem."""
        secrets = set(_secrets(self.values))
        for name, value in sorted(environment.items()):
            if name.startswith(PREFIX) and name not in NOT_SETTINGS and name not in secrets:
                path = name.removeprefix(PREFIX).lower().split("__")
                if _is_setting(path, model) and _place(self.values, path, _value(path, value, name, model)):
                    self.variables[".".join(path)] = name
                else:
                    self.problems.append(_unknown(name, model))

    def problem(self, setting: str, key: str, **params: Any) -> Problem:
        """A problem of a setting, at the variable or the line that it came from."""
        for dotted, name in self.variables.items():
            if setting == dotted or setting.startswith(dotted + "."):
                return Problem(name, 0, 0, key, {"setting": setting, **params})
        line, column = line_of(self.text, setting)
        return Problem(FILE, line, column, key, {"setting": setting, **params})

    def explain(self, found: ErrorDetails, model: type[BaseModel]) -> Problem:
        """pydantic's finding as our sentence, the value never shown: it may be a secret."""
        setting, kind = ".".join(map(str, found["loc"])), found["type"]
        if kind == "extra_forbidden":
            known = _names_at(model, found["loc"][:-1])
            return self.problem(setting, "settings.unknown", hint=near(str(found["loc"][-1]), known), known=known)
        if kind == "missing":
            return self.problem(setting, "settings.missing")
        if kind.startswith("settings."):
            context = found.get("ctx", {})
            place = ".".join(filter(None, [setting, str(context.get("below", ""))]))
            return self.problem(place, "settings.bad_value", reason=_filled(kind, context))
        reason: Any = expected(kind, found.get("ctx", {})) or found["msg"]
        return self.problem(setting, "settings.bad_value", reason=reason)


def line_of(text: str, setting: str) -> tuple[int, int]:
    """The line and column of `section.key` in the settings file, or of its section, or 1:1."""
    best, length = (1, 1), 0
    for name, line, column in _keys(text):
        if (name == setting or setting.startswith(name + ".")) and len(name) > length:
            best, length = (line, column), len(name)
    return best


def _keys(text: str) -> Iterator[tuple[str, int, int]]:
    """Every table and key as it is dotted, the first of several tables being number 0."""
    section, tables = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            section = header[2].replace(" ", "")
            if header[1] == "[[":
                tables[section] = tables.get(section, -1) + 1
                section = f"{section}.{tables[section]}"
            yield section, number, line.index("[") + 1
        elif key:
            name = key[2].replace(" ", "").replace('"', "")
            yield ".".join(filter(None, [section, name])), number, len(key[1]) + 1


def near(name: str, known: list[str]) -> Text:
    """`; did you mean …?`, or nothing."""
    found = get_close_matches(name, known, n=1)
    return Text(*(one.format(nearest=found[0]) for one in lookup("problems.did_you_mean"))) if found else Text("", "")


# ---------------------------------------------------------------- variables


def _unknown(name: str, model: type[BaseModel]) -> Problem:
    known = sorted(_variables(model, PREFIX)) + list(NOT_SETTINGS)
    return Problem(name, 0, 0, "settings.unknown_variable", {"name": name, "hint": near(name, known)})


def _variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """The variable of every setting; of free tables the name of the table."""
    for name, info in model.model_fields.items():
        below = _model(info.annotation)
        if below is not None:
            yield from _variables(below, f"{prefix}{name.upper()}__")
        elif name != "folder":
            yield f"{prefix}{name.upper()}" + ("__…" if _is_table(info.annotation) else "")


def _is_setting(path: list[str], model: type[BaseModel]) -> bool:
    """Whether a variable names a value, and not a section, a part of one, or nothing."""
    info = model.model_fields.get(path[0])
    if info is None or path[0] == "folder" or not all(path):
        return False
    below = _model(info.annotation)
    if below is not None:
        return len(path) > 1 and _is_setting(path[1:], below)
    return len(path) > 1 if _is_table(info.annotation) else len(path) == 1


def _value(path: list[str], value: str, name: str, model: type[BaseModel]) -> Any:
    """What a variable says; a provider's setting is read from it like any secret, because it may be one."""
    if path[0] == "providers":
        keys = [part for part in path[2:] if not part.isdigit()]
        return value if len(keys) != 1 or keys[0] in _LITERAL else {"env": name}
    info: Any = None
    for part in path:
        info = model.model_fields.get(part) if model is not None else None
        model = _model(info.annotation) if info is not None else None  # type: ignore[assignment]
    is_list = info is not None and getattr(info.annotation, "__origin__", None) is tuple
    return [part.strip() for part in value.split(",") if part.strip()] if is_list else value


def _place(values: dict[str, Any], path: list[str], value: Any) -> bool:
    """Put a value where its path says; False where the file has something else than a table there."""
    here: Any = values
    for part in path[:-1]:
        if isinstance(here, list):
            here = here[int(part)] if part.isdigit() and int(part) < len(here) else None
        elif isinstance(here, dict):
            here = here.setdefault(part, {})
    if not isinstance(here, dict):
        return False
    here[path[-1]] = value
    return True


def _secrets(value: Any) -> Iterator[str]:
    """The variables that the file itself names: `{env = "…"}`."""
    if isinstance(value, dict):
        if value.keys() == {"env"} and isinstance(value["env"], str):
            yield value["env"]
        for below in value.values():
            yield from _secrets(below)
    elif isinstance(value, list):
        for below in value:
            yield from _secrets(below)


def _model(annotation: Any) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _is_table(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is dict


def _names_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The keys that a table may have."""
    for part in place:
        info = model.model_fields.get(str(part))
        if info is None:  # the name of one of several, like sources.erp
            continue
        inner = [one for one in get_args(info.annotation) if _model(one)]
        model = _model(info.annotation) or (inner[0] if inner else model)
    return sorted(name for name in model.model_fields if name != "folder")


# ---------------------------------------------------------------- what a value should be

_EXPECTED = {
    "string_type": "expected_text", "int_type": "expected_integer", "int_parsing": "expected_integer",
    "int_from_float": "expected_integer", "float_type": "expected_number", "float_parsing": "expected_number",
    "bool_type": "expected_flag", "bool_parsing": "expected_flag", "model_type": "expected_table",
    "dict_type": "expected_table", "literal_error": "expected_choice", "greater_than": "expected_above",
    "greater_than_equal": "expected_at_least", "less_than": "expected_below", "less_than_equal": "expected_at_most",
    "string_too_short": "expected_longer", "too_short": "expected_longer", "tuple_type": "expected_list",
    "string_pattern_mismatch": "expected_form", "decimal_parsing": "expected_decimal",
    "decimal_type": "expected_decimal",
}  # fmt: skip


def expected(kind: str, context: Mapping[str, Any]) -> Text | None:
    """What pydantic expected, in words; None where we have none."""
    if kind not in _EXPECTED:
        return None
    limit = next((context[name] for name in ("gt", "ge", "lt", "le") if name in context), "")
    choices = str(context.get("expected", "")).replace(" or ", ", ")
    return _filled(f"providers.{_EXPECTED[kind]}", {"choices": choices, "limit": limit, **context})


_TOML_PLACE = re.compile(r"line (\d+), column (\d+)")
_TOML = {
    "Invalid value": "toml_value", "Expected '='": "toml_equals", "Expected newline": "toml_newline",
    "Cannot overwrite": "toml_twice", "Cannot declare": "toml_twice", "Duplicate": "toml_twice",
    "Invalid statement": "toml_statement", "Unterminated string": "toml_string", "Unclosed": "toml_unclosed",
    "Illegal character": "toml_character",
}  # fmt: skip


def _toml(said: str) -> Any:
    """tomllib's finding in words of ours."""
    key = next((key for begin, key in _TOML.items() if said.startswith(begin)), None)
    return said if key is None else lookup(f"settings.{key}")


def _filled(key: str, context: Mapping[str, Any]) -> Text:
    return Text(*(fill(one, context) for one in lookup(key)))
