"""The program: how the first argument chooses a command, the help, and what is wrong with arguments."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from sse_inspect.cli.commands import COMMANDS, DEFAULT
from sse_inspect.cli.options import Command, Given, Option
from sse_inspect.cli.process import NAME, VERSION, write_version
from sse_inspect.cli.signals import release
from sse_inspect.cli.values import shown
from sse_inspect.errors import UsageError

HELP = "Help"
COMPLETE = "_SSE_INSPECT_COMPLETE"
"""The environment variable by which a shell asks for completions."""
PARAMETER = "--last-event-id-param"
PARAMETER_WITH_NAME = f"{PARAMETER}=last_event_id"


def _inspect(given: Given) -> int:
    """The inspector, unless what stands in the place of the URL was meant to be a command."""
    word = next(iter(given["url"] or []), "http://")
    if word in COMMANDS:
        raise UsageError(word, f"a command comes first: {NAME} {word} ...")
    if not _URL_LIKE.match(word):
        close = get_close_matches(word, COMMANDS, 1)
        guess = f"did you mean {close[0]}?" if close else f"commands are {', '.join(COMMANDS)}."
        raise UsageError(shown(word), f"no such command, and no URL such as http://host/path; {guess}")
    return DEFAULT.command.run(given)


_URL_LIKE = re.compile(r".*[.:/\[]|localhost$", re.IGNORECASE | re.DOTALL)

_NAMES_MORE = re.compile(r"[@:/?=]")
"""In what is quoted: it may be a URL with a password in it."""

WrongUse = cast("type[Exception]", typer.BadParameter.__mro__[1])
"""What typer's parser raises for wrong use; it has no public name of its own."""


def _write_sections(command: Any, ctx: Any, formatter: Any) -> None:
    """Write the options of the command, each section under its heading; what has none of its own comes under Help."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(ctx):
        line = parameter.get_help_record(ctx)
        if line is not None and parameter.param_type_name == "option":
            sections.setdefault(getattr(parameter, "rich_help_panel", None) or HELP, []).append(line)
    for section, lines in sections.items():
        with formatter.section(section):
            formatter.write_dl(lines)


class _AsWritten:
    """Takes what was written as it is, because the table of options reads it.

    By itself typer has pydantic look at every text, whose import takes a fifth of the time to the first screen.
    """

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value itself."""
        return value


_AS_WRITTEN = _AsWritten()


def _lean(parameters: list[Any]) -> list[Any]:
    """The parameters, none of which needs pydantic."""
    for parameter in parameters:
        vars(parameter)["_runtime_param"] = _AS_WRITTEN  # private to typer: one that does not know it is only slower
    return parameters


class _Command(TyperCommand):
    """A command whose help lists the options in sections."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters."""
        return _lean(super().get_params(ctx))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options."""
        _write_sections(self, ctx, formatter)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What stands behind the name; one thing is read as a list only so that a second one can be refused by name."""
        return [piece.removesuffix("...") for piece in super().collect_usage_pieces(ctx)]


class _Inspector(_Command):
    """The command behind `sse-inspect URL`: its help is the program's."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters; in the program's help without its own --help."""
        return self.params if ctx.command is not self else super().get_params(ctx)

    def get_help(self, ctx: Any) -> str:
        """The help of the program."""
        return ctx.parent.command.get_help(ctx.parent) if ctx.parent else super().get_help(ctx)


class _Commands(TyperGroup):
    """The commands, and the inspector itself where the first argument names none of them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return [*COMMANDS, DEFAULT.name]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name, or None; with many options making it takes long, so only what is wanted is made."""
        return made(cmd_name) if cmd_name in self.list_commands(ctx) else None

    def get_params(self, ctx: Any) -> list[Any]:
        """The program's own parameters."""
        return _lean(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the inspector's name before arguments that begin with no command and no option of the program."""
        mine = {flag for parameter in self.get_params(ctx) for flag in parameter.opts}
        completes_first = ctx.resilient_parsing and not args
        if not completes_first and (not args or args[0] not in {*self.list_commands(ctx), *mine}):
            args = [DEFAULT.name, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The commands and the program's options, and those of the inspector."""
        inspector = made(DEFAULT.name)
        nested = inspector.make_context(DEFAULT.name, [], parent=ctx, resilient_parsing=True)
        found = [*super().shell_complete(ctx, incomplete), *inspector.shell_complete(nested, incomplete)]
        return list({item.value: item for item in found}.values())

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write both forms."""
        formatter.write_usage(NAME, "[OPTIONS] URL")
        formatter.write_usage(NAME, "COMMAND [OPTIONS] ...", prefix="       ")

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a line for each command, for which its options need not be made."""
        width = formatter.width - 6 - max(map(len, COMMANDS))
        commands = [TyperCommand(each.name, help=each.help) for each in COMMANDS.values()]
        with formatter.section("Commands"):
            formatter.write_dl([(each.name, each.get_short_help_str(width)) for each in commands])

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, the inspector's options, the program's own."""
        self.format_commands(ctx, formatter)
        _write_sections(made(DEFAULT.name), ctx, formatter)
        _write_sections(self, ctx, formatter)


def _function(command: Command) -> Any:
    """A function with the signature that typer reads; it runs the command with what was given."""

    def run(**given: Any) -> int:
        if not command.holds_signals:
            release()
        return command.run(given)

    parameters = [option.parameter() for option in command.options]
    arguments = {"url": command.takes_url, "file": command.takes_file, "name": command.takes_name}
    for name, is_taken in arguments.items():
        if is_taken:
            offered = {"autocompletion": lambda: list(command.names)} if name == "name" and command.names else {}
            kind = Annotated[list[str] | None, typer.Argument(metavar=name.upper(), show_default=False, **offered)]
            parameters.insert(0, inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind))
    vars(run)["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _version(asked: bool) -> None:
    if asked:
        write_version()
        raise typer.Exit


def _program_options(
    version: Annotated[
        bool, typer.Option(VERSION, callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that belong to no command."""


@cache
def made(name: str) -> Any:
    """The command of this name as typer has it."""
    is_default = name == DEFAULT.name
    listed = DEFAULT if is_default else COMMANDS[name]
    command = replace(listed.command, run=_inspect) if is_default else listed.command
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    kind = _Inspector if is_default else _Command
    app.command(name, cls=kind, help=listed.help, hidden=is_default)(_function(command))
    return get_command(app)


def program() -> Any:
    """The whole program as one command of typer's."""
    app = typer.Typer(
        cls=_Commands,
        help="See what a stream of Server-Sent Events does, as it does it.",
        epilog=f"'{NAME} handbook' has it all on one page, and how to build servers and clients.",
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_program_options)
    return get_command(app)


def run(arguments: list[str]) -> int:
    """Run the command that they choose; returns the exit status, and raises UsageError where they are wrong."""
    command = program()
    if COMPLETE in os.environ:
        command.main(prog_name=NAME)
    try:
        with command.make_context(NAME, completed(arguments)) as context:
            return cast("int", command.invoke(context))
    except typer.Exit as end:
        return end.exit_code
    except WrongUse as error:
        raise UsageError("", _sentence(error)) from None


def completed(arguments: Iterable[str]) -> list[str]:
    """The arguments, and to the one option whose value may be left out its value."""
    return [PARAMETER_WITH_NAME if each == PARAMETER else each for each in arguments]


def _sentence(error: Exception) -> str:
    """What typer's parser found wrong, in one sentence."""
    flag = getattr(error, "option_name", "")
    known = _options()
    if hasattr(error, "possibilities"):
        if flag in known:
            return f"{flag}: not an option of this command."
        context = getattr(error, "ctx", None)
        mine = [name for parameter in context.command.params for name in parameter.opts] if context else known
        close = get_close_matches(flag, mine, 1)
        return f"{flag}: no such option" + (f"; did you mean {close[0]}?" if close else ".")
    if option := known.get(flag):
        return f"{flag}: " + (
            f"the value is missing; expected {option.takes}." if option.takes else "it takes no value."
        )
    message = str(getattr(error, "message", error)).rstrip(".")
    if message.startswith("Got unexpected extra argument") and _NAMES_MORE.search(message):
        return "it takes no argument beside its options, and something is left over."
    return f"{message[:1].lower()}{message[1:]}."


def _options() -> dict[str, Option]:
    """The options of all commands, by flag."""
    commands = [listed.command for listed in (DEFAULT, *COMMANDS.values())]
    return {flag: option for command in commands for option in command.options for flag in option.flags}
