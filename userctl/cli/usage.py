"""Messages about wrong command lines."""

import re

import typer

from userctl.cli.suggestions import option_suggestion
from userctl.core.text import join_alternatives, quote

_NOUNS = {
    "if_not_exists": "mode of --if-not-exists",
    "output": "output format",
    "file_format": "format",
    "on_conflict": "conflict rule",
}
"""What the values of an option are called, where its name does not say so."""

_LONGEST_SHOWN = 41
"""How many characters of a bad value are shown, with the quotation mark before them."""

_CHOICES = re.compile(r"Value error, (?P<value>'.*'|\".*\") is not one of (?P<choices>.*?)\.?")
_RULES = {
    r"Input should be a valid integer.*": "{option} must be a whole number.",
    r"Input should be a valid number.*": "{option} must be a number.",
    r"Input should be greater than or equal to (\S+)": "{option} must be at least {bound}.",
    r"Input should be less than or equal to (\S+)": "{option} must be at most {bound}.",
    r"Input should be greater than (\S+)": "{option} must be more than {bound}.",
    r"Input should be less than (\S+)": "{option} must be less than {bound}.",
}


def usage_message(error: typer.TyperException) -> str:
    """Return one or two sentences about what is wrong and what to write instead.

    Typer reports a bad value in the words of pydantic, which speak of inputs, not options.
    """
    parameter = getattr(error, "param", None)
    if isinstance(error, typer.BadParameter) and parameter is not None:
        raw = " ".join(error.message.split())
        if match := _CHOICES.fullmatch(raw):
            noun = _NOUNS.get(parameter.name, parameter.name.replace("_", " "))
            article = "an" if noun[0] in "aeiou" else "a"
            choices = [choice.strip("'") for choice in match["choices"].split(", ")]
            value = match["value"]
            shown = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}...'"
            return f"{shown} is not {article} {noun}. Use {join_alternatives(choices)}."
        for pattern, sentence in _RULES.items():
            if match := re.fullmatch(pattern, raw):
                option = max((*parameter.opts, ""), key=len)
                return sentence.format(option=option, bound=match[1] if match.re.groups else "")
    if (option := getattr(error, "option_name", None)) and hasattr(error, "possibilities"):
        return _unknown_option(option, getattr(error, "ctx", None))
    message = " ".join(error.format_message().split()).replace("Value error, ", "")
    return message if message.endswith((".", "?", "!")) else f"{message}."


def _unknown_option(option: str, context: typer.Context | None) -> str:
    """Return what to write instead of an option that does not exist."""
    parameters = context.command.get_params(context) if context is not None else []
    known = [name for parameter in parameters for name in parameter.opts]
    suggestion = option_suggestion(option, known) or ""
    if not suggestion and context is not None and hasattr(context.command, "commands"):
        suggestion = "Options follow the verb: userctl user list --profile prod -o json."
    return f"No such option {quote(option)}. {suggestion}".rstrip()


def usage_hint(error: typer.TyperException) -> str | None:
    """Return where to read on, if the command is known."""
    context = getattr(error, "ctx", None)
    return f"See '{context.command_path} --help'." if context is not None else None
