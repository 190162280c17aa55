"""The clients of `sse-inspect load` as users of Locust: `locust -f` this file, alone or as master and workers.

Each user is a client with a session of its own; the streams of a worker process are in asyncio, on one native thread
with one TLS context. Its host is the whole URL of the stream. Options are those of `sse-inspect load` with `--sse-`
before their names, and --i-own-this-target.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from locust import User, constant, events
from locust.runners import MasterRunner, WorkerRunner

from sse_inspect.cli import exits, values
from sse_inspect.cli.load import LOAD_OPTIONS, MAX_EVENT_BYTES, SHARED_OPTIONS
from sse_inspect.cli.options import SHARED, Option, connecting, understood
from sse_inspect.cli.report_files import report_files
from sse_inspect.errors import UsageError
from sse_inspect.load.distributed.master import Master
from sse_inspect.load.distributed.members import Outcome
from sse_inspect.load.distributed.swarm import CLIENTS, PREFIX, SECONDS, Settings, Swarm
from sse_inspect.load.distributed.telling import to_html, to_json, to_lines
from sse_inspect.load.distributed.worker import Run, Worker
from sse_inspect.load.memory import event_bytes
from sse_inspect.load.ownership import OWNED, check_target
from sse_inspect.load.plan import LONGEST
from sse_inspect.present.safe import visible

PLAN, REPORTS = ("timestamp", "owned"), ("json", "html")
OPTIONS: tuple[Option, ...] = (
    *(option for option in LOAD_OPTIONS if option.name in PLAN + REPORTS),
    *SHARED_OPTIONS,
)


class EventStream(User):
    """A client: it begins when Locust spawns it, and reconnects by itself until Locust stops it."""

    wait_time = constant(2 * LONGEST)

    def on_start(self) -> None:
        """Begin; the worker knows it by a number."""
        self.stream: tuple[Run, int] | None = None
        run = _WORKERS[self.environment].run
        if run is not None:
            self.stream = run, run.begin()

    def on_stop(self) -> None:
        """End."""
        if self.stream is not None:
            run, number = self.stream
            run.end(number)


def _stay(user: EventStream) -> None:
    """Nothing: all that it does happens on the native thread."""


EventStream.tasks = [_stay]
_WORKERS: dict[Any, Worker] = {}


def _add_options(parser: Any) -> None:
    group = parser.add_argument_group("sse-inspect", "How the clients connect, as in sse-inspect load.")
    for option in OPTIONS:
        kind: dict[str, Any] = {"action": "store_true"}
        if option.takes:
            kind = {"action": "append" if option.many else "store", "metavar": option.takes}
        group.add_argument(_flag(option), dest=_dest(option), help=option.help.replace("%", "%%"), **kind)


def _flag(option: Option) -> str:
    return option.flag if option.flag == OWNED else PREFIX + option.flag.removeprefix("--")


def _dest(option: Option) -> str:
    return f"sse_{option.name}"


def _settings(environment: Any) -> Settings:
    """What Locust was asked for; raises UsageError naming the option as it is spelled here.

    Workers are told of the reports too, but their machines need not have the folders.
    """
    options = environment.parsed_options
    given = {option.name: getattr(options, _dest(option), None) for option in OPTIONS}
    if isinstance(environment.runner, WorkerRunner):
        given |= dict.fromkeys(REPORTS)
    try:
        asked = understood(OPTIONS, given)
        target, policy = connecting(
            {option.name: given.get(option.name) for option in SHARED}
            | {"url": [environment.host] if environment.host else []}
        )
        plan = Swarm(
            clients=getattr(options, CLIENTS, options.num_users or 1),
            ramp=float(options.spawn_rate or 1),
            seconds=float(getattr(options, SECONDS, None) or options.run_time or LONGEST),
            **{name: value for name, value in asked.items() if name in PLAN},
        )
        check_target(target, plan.owned)
        report_files(asked, REPORTS, PREFIX)
        if given[MAX_EVENT_BYTES.name] is None:
            policy = replace(policy, max_event_bytes=event_bytes(plan.clients))
    except UsageError as error:
        spelled = {option.flag: _flag(option) for option in OPTIONS} | {"URL": "--host"}
        raise UsageError(spelled.get(error.option, error.option), error.message) from None
    return Settings(target, policy, plan)


def _begin(environment: Any, **_: Any) -> None:
    """Take the part that Locust gives to this process."""
    runner = environment.runner
    if not isinstance(runner, WorkerRunner):
        try:
            if environment.host or environment.parsed_options.headless:
                _settings(environment)
        except UsageError as error:
            sys.stderr.write(f"sse-inspect: {visible(str(error))}\n")
            sys.exit(exits.WRONG_USE)
        Master(environment, _settings, _tell)
    if not isinstance(runner, MasterRunner):
        _WORKERS[environment] = Worker(environment, _settings)


def _tell(environment: Any, outcome: Outcome) -> None:
    """Write the reports, and set Locust's exit status where something failed."""
    result, options = outcome.result, environment.parsed_options
    for line in to_lines(outcome, shutil.get_terminal_size((100, 24)).columns):
        sys.stdout.write("".join(text for text, _ in line).rstrip() + "\n")
    sys.stdout.write("\n")
    sys.stdout.flush()
    for file, text in ((options.sse_json, to_json), (options.sse_html, to_html)):
        if file == values.STDOUT:
            sys.stdout.write(text(outcome))
        elif file:
            Path(file).expanduser().write_text(text(outcome), encoding="utf-8", newline="")
    if environment.process_exit_code is None and not result.is_good:
        environment.process_exit_code = (
            exits.WRONG_USE if result.hindered else exits.FAILED if result.connected else exits.NEVER_CONNECTED
        )


events.init_command_line_parser.add_listener(_add_options)
events.init.add_listener(_begin)
