"""Commands about the project as a whole. `validate` and `render` have files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automation.cli.checking import validate
from automation.cli.context import load_project, open_settings
from automation.cli.rendering import render
from automation.i18n import say

SKELETON = Path(__file__).parent / "skeleton"


def register(app: typer.Typer) -> None:
    app.command("init", help="Write a working project folder 新建项目目录")(init)
    app.command("validate", help="Check rules, catalogue, templates, settings 校验全部文件")(validate)
    app.command("schema", help="Print the JSON Schema of rule files 输出规则文件的 JSON Schema")(schema)
    app.command("render", help="Show a template as one contact would get it 预览模板")(render)
    app.command("migrate", help="Bring the database up to date 升级数据库结构")(migrate)


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or existing folder 目录")]) -> None:
    """Three small rules that run, their catalogue and templates, sample people and events. Nothing is overwritten."""
    from automation.errors import AutomationError

    files = {target: source for source, target in _skeleton()}
    taken = sorted(str(target) for target in files if (folder / target).exists())
    if taken:
        raise AutomationError("cli.init_taken", folder=str(folder), files=", ".join(taken))
    try:
        for target, source in files.items():
            path = folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.read_bytes())
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


def migrate() -> None:
    """Every other command does this by itself; this one says from where to where."""
    from automation.store.database import Database

    database = Database(open_settings().database_url)
    database.check()
    before = database.revision()
    database.migrate()
    after = database.revision()
    key = "cli.migrated_already" if before == after else "cli.migrated"
    typer.echo(say(key, url=database.shown, before=before or say("cli.empty_database"), after=after))
    database.close()


def _skeleton() -> list[tuple[Path, Path]]:
    """Each file of the skeleton, and where it goes."""
    found = sorted(path for path in SKELETON.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [(path, _target(path.relative_to(SKELETON))) for path in found]


def _target(path: Path) -> Path:
    """A file named .gitignore would hide the skeleton's own files from git."""
    return path.with_name(".gitignore") if path.name == "gitignore" else path
