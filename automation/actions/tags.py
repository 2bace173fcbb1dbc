"""The parameters of what adds and removes tags."""

from __future__ import annotations

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from automation.plugin import Params, param


class TagParams(Params):
    """At least one tag to add or to remove."""

    add: tuple[str, ...] = param((), zh="要添加的标签", en="the tags to add")
    remove: tuple[str, ...] = param((), zh="要移除的标签", en="the tags to remove")

    @model_validator(mode="after")
    def _something(self) -> TagParams:
        if not any(tag.strip() for tag in (*self.add, *self.remove)):
            raise PydanticCustomError("actions.tags_missing", "no tags")
        return self
