"""The catalogue file: read, checked and laid over the built-ins."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from automation.catalogue.builtin import builtin, identity_field
from automation.catalogue.coupons import read_coupons
from automation.catalogue.fields import read_field
from automation.catalogue.model import EVENT_FIELDS, EventDef
from automation.catalogue.reading import EVENT_NAME, Reader
from automation.catalogue.sources import read_sources
from automation.i18n import Text
from automation.problems import in_order
from automation.yamltree import parse

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue, FieldDef
    from automation.problems import Problem
    from automation.yamltree import Mapping, Node

_KEYS = ("contact", "identities", "default_identity", "country", "strict_events", "events", "coupons", "sources")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")


def load_catalogue(text: str | None, file: str) -> tuple[Catalogue, list[Problem]]:
    """The catalogue in `text` (None: no file, the built-ins alone) and every problem found in it."""
    if text is None:
        return builtin(), []
    root, problems = parse(text, file)
    reader = Reader(file)
    catalogue = _read(reader, root)
    return catalogue, in_order([*problems, *reader.problems])


def _read(reader: Reader, root: Node | None) -> Catalogue:
    top = reader.mapping(root, "", _KEYS)
    catalogue = _identities(reader, top.get("identities"), builtin())
    catalogue = replace(catalogue, fields=_contact_fields(reader, top.get("contact"), catalogue))
    catalogue = replace(catalogue, events=_events(reader, top.get("events"), catalogue))
    catalogue = replace(catalogue, coupons=read_coupons(reader, top.get("coupons")))
    catalogue = replace(catalogue, sources=read_sources(reader, top.get("sources"), catalogue))
    return _settings(reader, top, catalogue)


def _settings(reader: Reader, top: Mapping, catalogue: Catalogue) -> Catalogue:
    default = reader.option(top.get("default_identity"), "default_identity", catalogue.identity_kinds)
    country = top.get("country")
    code = reader.text(country, "country")
    if code is not None and country is not None and not _COUNTRY.match(code):
        reader.report(country, "bad_country", "country", found=code)
        code = None
    return replace(
        catalogue,
        default_identity=default or catalogue.default_identity,
        country=code or catalogue.country,
        strict_events=reader.flag(top.get("strict_events"), "strict_events", True),
    )


def _identities(reader: Reader, node: Node | None, catalogue: Catalogue) -> Catalogue:
    """Further identity kinds; each is also a contact field. A built-in kind may get another label."""
    kinds, fields = dict(catalogue.identity_kinds), dict(catalogue.fields)
    single, caseless = set(catalogue.single_identities), set(catalogue.caseless_identities)
    nobody: dict[str, tuple[str, ...]] = {}
    for key, value in reader.named(node, "identities"):
        name, path = key.text, f"identities/{key.text}"
        if name not in kinds and name in fields:
            reader.report(key, "taken", path, found=name)
            continue
        spec = reader.mapping(value, path, ("label", "single", "ignore_case", "nobody"))
        kinds[name] = reader.label(spec.get("label"), path, kinds.get(name, Text(name, name)))
        fields[name] = identity_field(name, kinds[name])
        chosen = reader.flag(spec.get("single"), path, name in single)
        single = single | {name} if chosen else single - {name}
        if reader.flag(spec.get("ignore_case"), path, False):
            caseless.add(name)
        nobody[name] = reader.texts(spec.get("nobody"), path) or ()
    return replace(
        catalogue, identity_kinds=kinds, fields=fields, single_identities=frozenset(single),
        caseless_identities=frozenset(caseless), nobody={name: values for name, values in nobody.items() if values},
    )  # fmt: skip


def _contact_fields(reader: Reader, node: Node | None, catalogue: Catalogue) -> dict[str, FieldDef]:
    fields = dict(catalogue.fields)
    for key, value in reader.named(node, "contact"):
        name, path = key.text, f"contact/{key.text}"
        given = fields.get(name)
        if given is not None and given.storage != "attribute":
            reader.report(key, "taken", path, found=name)
            continue
        defn = read_field(reader, key, value, path, given)
        if defn is not None:
            fields[name] = defn
    return fields


def _events(reader: Reader, node: Node | None, catalogue: Catalogue) -> dict[str, EventDef]:
    """The project's events. A built-in event may get another label and further properties."""
    events = dict(catalogue.events)
    for key, value in reader.named(node, "events", EVENT_NAME):
        name, path = key.text, f"events/{key.text}"
        given = events.get(name, EventDef(name, Text(name, name)))
        spec = reader.mapping(value, path, ("label", "properties"))
        label = reader.label(spec.get("label"), path, given.label)
        properties = _properties(reader, spec.get("properties"), path, given, catalogue)
        events[name] = EventDef(name, label, properties)
    return events


def _properties(
    reader: Reader, node: Node | None, path: str, given: EventDef, catalogue: Catalogue
) -> dict[str, FieldDef]:
    properties = dict(given.properties)
    for key, value in reader.named(node, path):
        place = f"{path}/{key.text}"
        if key.text in given.properties:
            reader.report(key, "taken", place, found=key.text)
            continue
        if key.text in EVENT_FIELDS:
            reader.report(key, "hides_event_field", place, severity="warning", found=key.text)
        defn = read_field(reader, key, value, place, None, of_event=True, kinds=catalogue.identity_kinds)
        if defn is not None:
            properties[key.text] = defn
    return properties
