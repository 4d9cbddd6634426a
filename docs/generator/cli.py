"""``reference/cli.md``, and the table of commands."""

from generator.commands import (
    Command,
    Noun,
    Parameter,
    nouns,
    own_options,
    printing_options,
    prints_records,
    shared_options,
)
from generator.markdown import code, page, plain, table

INTRODUCTION = """\
`userctl NOUN VERB [ARGUMENTS] [OPTIONS]`; options follow the verb. `userctl NOUN VERB --help`
shows the same as this page. USER is an id or an e-mail address."""

SHARED = "Every command also takes the [shared options](#shared-options)"
PRINTING = ", and the [output options](#output-options) because it prints records"


def cli_page() -> str:
    """Return the page of all commands."""
    blocks = [INTRODUCTION, _nouns_table(), "## Shared options", _options(shared_options())]
    blocks += ["`-h`, `--help` shows the help of a command."]
    blocks += ["## Output options", _options(printing_options())]
    blocks += ["See [JSON output](json-output.md) for the keys that each command prints."]
    for noun in nouns():
        blocks += _noun(noun)
    return page("Commands", *blocks)


def commands_table(target: str) -> str:
    """Return a short table of nouns and verbs; ``target`` is where the page of commands lies."""
    rows = [
        [
            f"[`{noun.name}`]({target}#{_anchor(noun)})",
            ", ".join(map(code, noun.verbs)) or plain(noun.summary),
        ]
        for noun in nouns()
    ]
    return table(["noun", "verbs"], rows)


def _nouns_table() -> str:
    rows = []
    for noun in nouns():
        verbs = ", ".join(f"[`{verb}`](#userctl-{noun.name}-{verb})" for verb in noun.verbs)
        rows.append([f"[`{noun.name}`](#{_anchor(noun)})", verbs, plain(noun.summary)])
    return table(["noun", "verbs", "what for"], rows)


def _anchor(noun: Noun) -> str:
    return f"userctl-{noun.name}"


def _noun(noun: Noun) -> list[str]:
    if not noun.verbs:
        return _command(noun.commands[0], level="##")
    blocks = [f"## userctl {noun.name}", plain(noun.summary)]
    for command in noun.commands:
        blocks += _command(command, level="###")
    return blocks


def _command(command: Command, *, level: str) -> list[str]:
    paragraphs = [plain(paragraph) for paragraph in command.help.split("\n\n")]
    blocks = [f"{level} userctl {command.name}", *paragraphs, f"```text\n{command.usage}\n```"]
    if command.arguments:
        rows = [[code(item.usage), plain(item.help)] for item in command.arguments]
        blocks.append(table(["argument", "meaning"], rows))
    if own := own_options(command):
        blocks.append(_options(own))
    blocks.append(SHARED + (PRINTING if prints_records(command) else "") + ".")
    blocks.append(f"Example: `{command.example}`")
    return blocks


def _options(options: list[Parameter]) -> str:
    rows = [[code(option.usage), plain(option.help)] for option in options]
    return table(["option", "meaning"], rows)
