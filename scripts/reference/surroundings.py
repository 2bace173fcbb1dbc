"""What the pages are about: the plugins and the catalogue at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.plugin import Registry


@dataclass(frozen=True)
class Surroundings:
    registry: Registry
    catalogue: Catalogue
