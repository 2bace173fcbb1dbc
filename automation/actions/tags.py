"""The parameters of what adds and removes tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from automation.i18n import say
from automation.plugin import Params, param

if TYPE_CHECKING:
    from automation.rules.telling import Telling


class TagParams(Params):
    """At least one tag to add or to remove."""

    add: tuple[str, ...] = param((), zh="要添加的标签", en="the tags to add")
    remove: tuple[str, ...] = param((), zh="要移除的标签", en="the tags to remove")

    @model_validator(mode="after")
    def _something(self) -> TagParams:
        if not any(tag.strip() for tag in (*self.add, *self.remove)):
            raise PydanticCustomError("actions.tags_missing", "no tags")
        return self


def tags_sentence(params: TagParams, telling: Telling) -> str:
    """What becomes of the tags."""
    tags = {"tags_add": params.add, "tags_remove": params.remove}
    told = [say(f"explain.{key}", tags=telling.value(names)) for key, names in tags.items() if names]
    return say("explain.semicolon").join(told)
