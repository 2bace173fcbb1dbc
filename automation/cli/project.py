"""Commands about the project as a whole. `validate` and `render` have files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.checking import validate
from automation.cli.context import load_project, open_settings
from automation.cli.rendering import render
from automation.i18n import say

if TYPE_CHECKING:
    from automation.settings import Settings
    from automation.store.database import Database

SKELETON = Path(__file__).parent / "skeleton"
IDENTITY = b"PROJECT_ID"
"""In the skeleton's settings; each project gets one of its own."""


def register(app: typer.Typer) -> None:
    app.command("init", help="Write a working project folder 新建项目目录")(init)
    app.command("validate", help="Check rules, catalogue, templates, settings 校验全部文件")(validate)
    app.command("schema", help="Print the JSON Schema of rule files 输出规则文件的 JSON Schema")(schema)
    app.command("render", help="Show a template as one contact would get it 预览模板")(render)
    app.command("migrate", help="Bring the database up to date 升级数据库结构")(migrate)


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or existing folder 目录")]) -> None:
    """Three small rules that run, their catalogue and templates, sample people and events. Nothing is overwritten."""
    from automation.clock import token
    from automation.errors import AutomationError

    files = {target: source for source, target in _skeleton()}
    taken = sorted(str(target) for target in files if (folder / target).exists())
    if taken:
        raise AutomationError("cli.init_taken", folder=str(folder), files=", ".join(taken))
    identity = f"project-{token('abcdefghijkmnpqrstuvwxyz23456789', 8)}"
    try:
        for target, source in files.items():
            path = folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.read_bytes().replace(IDENTITY, identity.encode()))
    except OSError as error:
        raise AutomationError("cli.cannot_write", file=str(error.filename), reason=error.strerror) from None
    typer.echo(say("cli.init_done", folder=str(folder), count=len(files)))
    here = folder.resolve() == Path.cwd()
    typer.echo(say("cli.init_next", enter="" if here else f"  cd {folder}\n"))


def schema() -> None:
    """For an editor: the schema knows this project's fields, events, coupons and plugins."""
    from automation.cli.output import emit_value
    from automation.rules.schema_json import json_schema

    project = load_project()
    emit_value(json_schema(project.registry, project.catalogue))


def migrate(
    adopt: Annotated[
        bool, typer.Option("--adopt", help="The database belongs to this project now 数据库改归本项目")
    ] = False,
) -> None:
    """Every other command does this by itself; this one says from where to where."""
    from automation.rules.identity import check_owner
    from automation.store.database import Database

    settings = open_settings()
    database = Database(settings.database_url)
    database.check()
    if not adopt:
        with database.read() as conn:
            check_owner(conn, settings)
    before = database.revision()
    database.migrate()
    if adopt:
        _adopt(settings, database)
    after = database.revision()
    key = "cli.migrated_already" if before == after else "cli.migrated"
    typer.echo(say(key, url=database.shown, before=before or say("cli.empty_database"), after=after))
    if before not in (None, after):
        _tell_doubled(settings, database)
    database.close()


def _tell_doubled(settings: Settings, database: Database) -> None:
    """Identities that were brought to one form and are two contacts' now."""
    from automation.cli.context import open_catalogue
    from automation.contacts.suspects import doubled_identities

    with database.read() as conn:
        found = doubled_identities(conn, open_catalogue(settings))
    if found:
        typer.echo(say("merging.doubled", count=len(found), pairs=", ".join(f"#{a} #{b}" for a, b in found[:20])))


def _adopt(settings: Settings, database: Database) -> None:
    from automation.clock import SystemClock, to_ms
    from automation.rules.identity import adopt
    from automation.settings import author

    with database.write() as conn:
        before = adopt(conn, settings, author(), to_ms(SystemClock().now()))
    typer.echo(say("store.adopted", mine=settings.project_id, before=before or "–"))


def _skeleton() -> list[tuple[Path, Path]]:
    """Each file of the skeleton, and where it goes."""
    found = sorted(path for path in SKELETON.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [(path, _target(path.relative_to(SKELETON))) for path in found]


def _target(path: Path) -> Path:
    """A file named .gitignore would hide the skeleton's own files from git."""
    return path.with_name(".gitignore") if path.name == "gitignore" else path
