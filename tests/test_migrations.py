"""The migrations and the metadata say the same on both databases, and no revision loses what the tables hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, MetaData, Table, create_engine, insert, inspect, make_url, select
from sqlalchemy.types import Integer

from automation.catalogue.builtin import builtin
from automation.contacts.suspects import doubled_identities
from automation.store.database import Database
from automation.store.schema import metadata
from tests.daemon.victims import Victim, migrate_at_once


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind without any table."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield database
        database.close()
        return
    url = make_url(request.getfixturevalue("postgres_server"))
    name = f"automation_empty_{os.getpid()}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    database = Database(url.set(database=name).render_as_string(hide_password=False))
    yield database
    database.close()
    with admin.connect() as conn:
        conn.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


def test_head_equals_the_metadata(db: Database) -> None:
    with db.engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_indexes_and_their_conditions_equal_the_metadata(db: Database) -> None:
    """Autogenerate doesn't look at the conditions of partial indexes."""
    found = inspect(db.engine)
    for table in metadata.sorted_tables:
        here = {index["name"]: index for index in found.get_indexes(table.name)}
        for index in table.indexes:
            options = here[str(index.name)].get("dialect_options", {})
            condition = options.get(f"{db.dialect}_where")
            wanted = index.dialect_options[db.dialect].get("where")
            assert _plain(condition) == _plain(wanted), index.name


def _plain(condition: Any) -> str:
    """`(status = 'held'::text)` and `status = 'held'` are the same."""
    text = "" if condition is None else str(condition)
    return "".join(part for part in text.replace("::text", "").replace("::character varying", "") if part not in "() ")


def test_an_upgrade_from_the_first_revision_keeps_what_every_table_holds(empty: Database) -> None:
    # given one row in every table of the first revision
    config = empty.alembic_config()
    first = ScriptDirectory.from_config(config).get_bases()[0]
    command.upgrade(config, first)
    old = MetaData()
    old.reflect(empty.engine)
    tables = [table for table in old.sorted_tables if table.name != "alembic_version"]
    with empty.write() as conn:
        before = {table.name: _fill(conn, table) for table in tables}
    # when
    empty.migrate()
    # then the columns that are still there hold what they held
    assert empty.revision() == ScriptDirectory.from_config(config).get_current_head()
    new = MetaData()
    new.reflect(empty.engine)
    with empty.read() as conn:
        for name, row in before.items():
            if name not in new.tables:
                continue  # a revision that drops a table says in its docstring where its rows went
            (after,) = conn.execute(select(new.tables[name])).mappings()
            assert {key: after[key] for key in row if key in after} == {key: row[key] for key in row if key in after}


def test_those_inside_get_the_time_of_what_let_them_in(empty: Database) -> None:
    config = empty.alembic_config()
    found = ScriptDirectory.from_config(config).walk_revisions()
    (ours,) = [one for one in found if "By what a run entered" in (one.doc or "")]
    command.upgrade(config, str(ours.down_revision))
    old = MetaData()
    old.reflect(empty.engine)
    run, event, firing = (old.tables[name] for name in ("run", "event", "occurrence"))
    known = {"rule_id": 1, "rule_version_id": 1, "position": 0, "variables": {}, "entered_at": 90_000_000, "visit": 0}
    kinds = [("e7", {"event_id": 7}), ("e8", {"event_id": 8}), ("day", {"occurrence_id": 1}), ("change", {})]
    with empty.write() as conn:
        for id_, at in ((7, 50), (8, 80_000_000)):  # the clock of the second one was ahead by far
            values = {"id": id_, "occurred_at": at, "received_at": 60, "message_id": str(id_), "contact_id": 1}
            conn.execute(insert(event).values(name="x", source="s", properties={}, **values))
        conn.execute(insert(firing).values({**_values(firing), "id": 1, "due_at": 55}))
        for n, (key, by) in enumerate(kinds):
            conn.execute(insert(run).values(key=key, contact_id=n, status="active", **known, **by))
        conn.execute(insert(run).values(key="e7", contact_id=9, status="done", ended_at=1, event_id=7, **known))
    empty.migrate()
    with empty.read() as conn:
        rows = conn.execute(select(metadata.tables["run"]).order_by(metadata.tables["run"].c.id)).all()
    assert [(row.since_at, row.since_event_id) for row in rows] == [
        (50, 7), (600_060, 8), (55, 8), (90_000_000, 8), (None, None),
    ]  # fmt: skip


def _fill(conn: Any, table: Table) -> dict[str, Any]:
    conn.execute(insert(table).values(**_values(table)))
    (row,) = conn.execute(select(table)).mappings()
    return dict(row)


def _values(table: Table) -> dict[str, Any]:
    return {column.name: _value(column) for column in table.columns}


def _value(column: Any) -> Any:
    if isinstance(column.type, Integer):  # BigInteger too
        return 1
    return {"a": [1, "二"]} if isinstance(column.type, JSON) else "x"


@pytest.mark.parametrize("time", range(3))
def test_processes_that_start_at_once_migrate_one_after_the_other(empty: Database, tmp_path: Path, time: int) -> None:
    """They open a file that isn't there yet in the same millisecond; thrice, for the race has more than one ending."""
    url = empty.url.render_as_string(hide_password=False)
    started = [Victim(migrate_at_once, tmp_path, url) for _ in range(4)]
    for process in started:
        process.listen(1)
    (tmp_path / "go").touch()
    assert [process.wait() for process in started] == [0, 0, 0, 0]
    assert empty.revision() is not None


def test_identities_get_one_form_and_those_that_are_doubled_stay(empty: Database) -> None:
    # given a database from before, in which the same number was written in two ways
    config = empty.alembic_config()
    script = ScriptDirectory.from_config(config)
    mine = next(one for one in script.walk_revisions() if "Identities in one form" in (one.doc or ""))
    command.upgrade(config, mine.down_revision)
    stored = [("member_no", "a19", 1), ("member_no", "ａ１９", 2), ("member_no", "ｂ ２", 3), ("member_no", "ｂ２", 4),
              ("email", "ｌｉ@x.cn", 5), ("phone", "+8613800138000", 6), ("wechat_openid", "　", 7)]  # fmt: skip
    with empty.write() as conn:
        for kind, value, contact_id in stored:
            values = {"kind": kind, "value": value, "contact_id": contact_id, "created_at": 1}
            conn.execute(insert(metadata.tables["identity"]).values(**values))
    # when
    empty.migrate()
    # then what was free is in its form, and what another contact has stays, to be listed for merging
    with empty.read() as conn:
        after = {(row.value, row.contact_id) for row in conn.execute(select(metadata.tables["identity"]))}
        assert after == {
            ("a19", 1), ("ａ１９", 2), ("b2", 3), ("ｂ２", 4), ("li@x.cn", 5), ("+8613800138000", 6), ("　", 7),
        }  # fmt: skip
        assert doubled_identities(conn, builtin()) == [(2, 1), (4, 3)]


def test_people_who_were_merged_before_are_seen_to(empty: Database) -> None:
    config = empty.alembic_config()
    script = ScriptDirectory.from_config(config)
    mine = next(one for one in script.walk_revisions() if "Merges are remembered" in (one.doc or ""))
    command.upgrade(config, mine.down_revision)
    old = MetaData()
    old.reflect(empty.engine)
    with empty.write() as conn:
        for id_, into in ((1, None), (2, 1), (3, 1), (4, 4)):  # the last one was erased
            values = {"id": id_, "attributes": {}, "merged_into": into, "created_at": 1, "updated_at": 1}
            conn.execute(insert(old.tables["contact"]).values(**values))
        for id_, owner in ((1, 1), (2, 2), (3, 4)):
            values = {column.name: _value(column) for column in old.tables["run"].columns}
            conn.execute(
                insert(old.tables["run"]).values(**values | {"id": id_, "contact_id": owner, "mode_key": None})
            )
    empty.migrate()
    with empty.read() as conn:
        rows = conn.execute(select(metadata.tables["contact_merge"])).all()
    assert [(row.contact_id, row.absorbed_id, row.settled_at) for row in rows] == [(1, 2, None)]
