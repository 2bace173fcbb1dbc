"""`contacts export-data` and `contacts erase` on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from automation.store import schema
from automation.store.dossier import tables
from tests.privacy.town import VALUES, places_of


def test_everything_known_of_a_person_is_in_it(shop: Any, tmp_path: Path) -> None:
    town, person, cli = shop
    said = cli("contacts", "export-data", f"#{person}")
    assert said.code == 0, said.err
    found = said.json
    assert (found["format"], found["contact_id"]) == ("automation.person/1", person)
    assert [value for value in VALUES if value not in said.out] == []
    assert {row["value"] for row in found["identity"]} == {
        "member-4711", "+8613812345678", "lilei@example.com", "openid-0815",
    }  # fmt: skip
    sent = next(row for row in found["message"] if row["status"] == "accepted")
    assert sent["content"]["text"].startswith("【店】李雷雷，券码 BD")
    assert sent["rule"] == "thanks"
    assert sent["queued_at"] == "2026-08-01T12:00:00.000+08:00"
    assert [row["batch"] for row in found["coupon_code"]] == ["BDAY"] * 2
    assert {row["action"] for row in found["consent_history"]} == {"consent.granted", "consent.denied"}
    assert [row["address"] for row in found["suppressed_addresses"]] == ["lilei@example.com"]
    for name in ("contact_tag", "event", "run", "execution_log", "contact_problem", "audit"):
        assert found[name], name
    # and into a file, audited each time
    target = tmp_path / "person.json"
    assert cli("contacts", "export-data", f"#{person}", "--output", str(target)).code == 0
    assert json.loads(target.read_text(encoding="utf-8"))["identity"] == found["identity"]
    exported = [row for row in town.table("audit") if row.action == "contact.exported"]
    assert [row.subject for row in exported] == [f"contact:{person}"] * 2


def test_every_table_about_contacts_is_in_it(shop: Any) -> None:
    _, person, cli = shop
    found = cli("contacts", "export-data", f"#{person}").json
    about = {table.name for table in schema.metadata.sorted_tables if "contact_id" in table.c} | {"contact"}
    assert about == set(tables())
    assert about <= set(found)


def test_errors_say_what_to_do(shop: Any, tmp_path: Path) -> None:
    town, person, cli = shop
    unsure = cli("contacts", "erase", f"#{person}")
    assert unsure.code == 1
    assert "this can't be undone" in unsure.err
    assert "Add --yes" in unsure.err
    assert "nobody is known as “M0000”" in cli("contacts", "erase", "M0000", "--yes").err
    nowhere = cli("contacts", "export-data", f"#{person}", "-o", str(tmp_path / "no" / "x.json"))
    assert "can't write" in nowhere.err
    assert places_of(town, ("李雷雷",)) != []


def test_erase_on_the_command_line(shop: Any) -> None:
    town, person, cli = shop
    said = cli("contacts", "erase", "member-4711", "--yes", "--reason", "Request 17", "--by", "dpo")
    assert said.code == 0, said.err
    assert f"the personal data of contact #{person} are erased" in said.out
    assert "copies outside the database are yours to remove" in said.out
    assert places_of(town, VALUES) == []
    (row,) = [row for row in town.table("audit") if row.action == "contact.erased"]
    assert (row.actor, row.detail["reason"]) == ("dpo", "Request 17")
    assert "erased before" in cli("contacts", "erase", f"#{person}", "--yes").err
    assert cli("contacts", "show", f"#{person}").code == 0
    # who comes back is written to again only when somebody says so
    back = town.person("member-5555", phone="13812345678")
    assert "erased" in cli("contacts", "show", f"#{back}").out
    assert (
        "0 suppression" in cli("contacts", "lift", f"#{back}").out
        or "nothing" in cli("contacts", "lift", f"#{back}").out
    )
    assert "1 suppression(s) lifted" in cli("contacts", "lift", f"#{back}", "--erased", "--reason", "signed up").out
