"""The list of migrations, which userctl reads without Alembic."""

from alembic.config import Config
from alembic.script import ScriptDirectory

from userctl.db.schema.revisions import migrations_folder, revisions


def test_the_history_is_a_straight_line_numbered_by_file_name() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    scripts = [*ScriptDirectory.from_config(config).walk_revisions()][::-1]
    assert tuple(script.revision for script in scripts) == revisions()
    assert [script.down_revision for script in scripts] == [None, *revisions()[:-1]]
    assert all(script.doc.endswith(".") for script in scripts)
