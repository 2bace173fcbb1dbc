"""The plugin door: what a trigger, an action and a provider have in common, and how they are found.

Plugins come from entry points (`automation.triggers`, `automation.actions`, `automation.providers`) and from files in
a project's `plugins/` folder. The built-in ones use the same entry points.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from automation.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from automation.i18n import Text

Kind = Literal["trigger", "action", "provider"]
KINDS: tuple[Kind, ...] = ("trigger", "action", "provider")


class Params(BaseModel):
    """Base of a plugin's parameters: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def param(default: Any = ..., *, zh: str, en: str, **constraints: Any) -> Any:
    """A parameter with its label in both languages; both feed validation errors, the JSON Schema and the docs."""
    return Field(default, title=en, description=en, json_schema_extra={"zh": zh, "en": en}, **constraints)


class Plugin:
    """One trigger, action or provider: a `type` name, a `Params` model, and one method that takes a batch."""

    kind: ClassVar[Kind]
    type: ClassVar[str]
    """The name that rules and settings use."""
    title: ClassVar[Text]
    Params: ClassVar[Any] = Params
    """A subclass of `plugin.Params`."""


@dataclass(frozen=True)
class PluginProblem:
    """A plugin that could not be loaded. It stays visible; rules that use it are refused by name."""

    where: str
    error: PluginError


@dataclass
class Registry:
    """The plugins at hand, by kind and type."""

    triggers: dict[str, type[Plugin]] = field(default_factory=dict)
    actions: dict[str, type[Plugin]] = field(default_factory=dict)
    providers: dict[str, type[Plugin]] = field(default_factory=dict)
    problems: list[PluginProblem] = field(default_factory=list)

    @classmethod
    def load(cls, folder: Path | None = None) -> Registry:
        """Entry points first, then the `*.py` files of `folder` in name order."""
        registry, installed = cls(), entry_points()
        for kind in KINDS:
            for point in installed.select(group=f"automation.{kind}s"):
                registry._try(f"{point.group}: {point.name}", point.load)
        for path in sorted(folder.glob("*.py")) if folder and folder.is_dir() else ():
            if not path.name.startswith("_"):
                registry._try(path.name, lambda path=path: _plugins_in(path))
        return registry

    def of(self, kind: Kind) -> dict[str, type[Plugin]]:
        table: dict[str, type[Plugin]] = getattr(self, f"{kind}s")
        return table

    def add(self, plugin: type[Plugin]) -> None:
        """PluginError when the class is incomplete or its type name is taken by another class."""
        check_shape(plugin)
        table = self.of(plugin.kind)
        taken = table.get(plugin.type)
        if taken is not None and taken is not plugin:
            raise PluginError("plugins.duplicate", kind=plugin.kind, type=plugin.type, other=taken.__module__)
        table[plugin.type] = plugin

    def _try(self, where: str, load: Any) -> None:
        try:
            loaded = load()
            classes: Iterable[Any] = [loaded] if inspect.isclass(loaded) else loaded
            for plugin in classes:
                self.add(plugin)
        except PluginError as error:
            self.problems.append(PluginProblem(where, error))
        except Exception as error:  # a plugin is foreign code: it may raise anything, and harms only itself
            reason = f"{type(error).__name__}: {error}"
            self.problems.append(PluginProblem(where, PluginError("plugins.broken", where=where, reason=reason)))


def check_shape(plugin: type[Plugin]) -> None:
    """PluginError naming the first thing the class lacks."""
    for attribute in ("kind", "type", "title", "Params"):
        if not hasattr(plugin, attribute):
            raise PluginError("plugins.incomplete", name=plugin.__name__, attribute=attribute)
    if inspect.isabstract(plugin):
        missing = ", ".join(sorted(plugin.__abstractmethods__))  # type: ignore[attr-defined]
        raise PluginError("plugins.incomplete", name=plugin.__name__, attribute=missing)


def _plugins_in(path: Path) -> Iterable[type[Plugin]]:
    name = f"automation_plugins.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError("plugins.broken", where=path.name, reason="not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    found = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Plugin) and value.__module__ == name
        and not inspect.isabstract(value) and "type" in vars(value)
    ]  # fmt: skip
    if not found:
        raise PluginError("plugins.empty", where=path.name)
    return found
