"""Publications: every state of the project's files that has run, and who approved which plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import insert, select

from automation.store.audit import AuditRow, write_audit
from automation.store.bulk import insert_rows
from automation.store.schema import plan_approval, publication, rule, rule_version

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow

Kind = Literal["publish", "rollback", "reload", "canary", "promote"]
_BRIEF = tuple(column for column in publication.c if column.name not in ("layout", "files", "plugins", "plan"))


@dataclass(frozen=True)
class NewPublication:
    """What is to run from now on. `rules`: the version of each rule by its id; None for a broken one."""

    at: int
    author: str
    reason: str
    kind: Kind
    files_hash: str
    layout: Mapping[str, Any]
    files: Mapping[str, str]
    plugins: Mapping[str, str]
    rules: Mapping[str, str | None]
    plan_hash: str | None = None
    plan: Mapping[str, Any] | None = None
    restores: int | None = None
    canary_share: int | None = None  # in 1/10,000 of all contacts; None: everybody
    canary_of: int | None = None  # the publication that the others run meanwhile


def lock_publications(conn: Connection) -> None:
    """One publisher at a time, until the transaction ends. On SQLite a `write()` is alone anyway."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("LOCK TABLE publication IN SHARE ROW EXCLUSIVE MODE")


def add_publication(conn: Connection, new: NewPublication) -> int:
    """Keep it, with an audit row; returns its id. It follows the newest; `lock_publications` goes before."""
    parent = running(conn)
    values = {
        "at": new.at, "author": new.author[:80], "reason": new.reason[:500], "kind": new.kind,
        "files_hash": new.files_hash, "layout": dict(new.layout), "files": dict(new.files),
        "plugins": dict(new.plugins), "rules": dict(new.rules), "plan_hash": new.plan_hash,
        "plan": None if new.plan is None else dict(new.plan), "parent_id": None if parent is None else parent.id,
        "restores_id": new.restores, "canary_share": new.canary_share, "canary_of_id": new.canary_of,
    }  # fmt: skip
    given = {name: value for name, value in values.items() if value is not None}
    id_ = int(conn.execute(insert(publication).values(given).returning(publication.c.id)).scalar_one())
    detail = {
        "reason": new.reason, "files": new.files_hash, "plan": new.plan_hash, "after": values["parent_id"],
        "restores": new.restores,
    }  # fmt: skip
    if new.canary_share is not None:
        detail |= {"canary_share": new.canary_share, "canary_of": new.canary_of}
    write_audit(conn, [AuditRow(new.at, new.author, f"publication.{new.kind}", f"publication:{id_}", detail)])
    return id_


def running(conn: Connection) -> AnyRow | None:
    """The newest publication that is meant for everybody, without its files."""
    query = select(*_BRIEF).where(publication.c.canary_share.is_(None)).order_by(publication.c.id.desc()).limit(1)
    return conn.execute(query).one_or_none()


def running_canary(conn: Connection, base: int) -> AnyRow | None:
    """The newest canary of the publication that everybody else runs, without its files."""
    query = select(*_BRIEF).where(publication.c.canary_of_id == base).order_by(publication.c.id.desc()).limit(1)
    return conn.execute(query).one_or_none()


def publication_files(conn: Connection, id_: int) -> AnyRow | None:
    """One publication with all its files."""
    return conn.execute(select(publication).where(publication.c.id == id_)).one_or_none()


def planned_people(conn: Connection, id_: int, rule_key: str) -> int | None:
    """How many people the plan of a publication shows entering a rule; None without a plan, or when it is silent."""
    plan = conn.scalar(select(publication.c.plan).where(publication.c.id == id_)) or {}
    found = plan.get("rules", {}).get(rule_key)
    return None if found is None else int(found.get("people", 0))


def list_publications(conn: Connection, limit: int, after: int = 0) -> list[AnyRow]:
    """The newest ones, without their files, oldest first."""
    query = select(*_BRIEF).where(publication.c.id > after).order_by(publication.c.id.desc()).limit(limit)
    return list(reversed(conn.execute(query).all()))


def rule_history(conn: Connection, key: str) -> list[AnyRow]:
    """id, version and created_at of every version of a rule, oldest first."""
    columns = (rule_version.c.id, rule_version.c.version, rule_version.c.content, rule_version.c.created_at)
    query = select(*columns).join(rule, rule.c.id == rule_version.c.rule_id)
    return list(conn.execute(query.where(rule.c.key == key).order_by(rule_version.c.id)).all())


def versions_like(conn: Connection, text: str, limit: int = 10) -> list[AnyRow]:
    """key, version and content of the rule versions whose hash begins so."""
    query = select(rule.c.key, rule_version.c.version, rule_version.c.content)
    query = query.join(rule, rule.c.id == rule_version.c.rule_id)
    query = query.where(rule_version.c.version.startswith(text, autoescape=True)).order_by(rule_version.c.id)
    return list(conn.execute(query.limit(limit)).all())


def approve_plan(conn: Connection, plan_hash: str, approver: str, now: int) -> bool:
    """Keep who approved it, with an audit row; False when that person did already."""
    row = (plan_hash, approver[:80], now)
    columns = ("plan_hash", "approver", "at")
    if not insert_rows(conn, plan_approval, columns, [row], skip_existing=True):
        return False
    write_audit(conn, [AuditRow(now, approver, "plan.approved", f"plan:{plan_hash}", {})])
    return True


def approvers(conn: Connection, plan_hash: str) -> list[str]:
    query = select(plan_approval.c.approver).where(plan_approval.c.plan_hash == plan_hash)
    return list(conn.scalars(query.order_by(plan_approval.c.at, plan_approval.c.approver)))
