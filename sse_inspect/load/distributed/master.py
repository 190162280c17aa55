"""What puts together what the workers saw, and misses those that die; without workers, this process's own clients."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gevent
from gevent.event import Event
from locust.runners import STATE_MISSING

from sse_inspect import __version__
from sse_inspect.config import Policy, Target, shown_url
from sse_inspect.errors import UsageError
from sse_inspect.load.distributed.members import Member, Outcome
from sse_inspect.load.distributed.parcel import received
from sse_inspect.load.distributed.swarm import CLIENTS, FINISH, PREFIX, RESULT, SECONDS, STATE, Settings, State
from sse_inspect.load.plan import LONGEST, Plan
from sse_inspect.load.result import Result
from sse_inspect.present.safe import visible

LOOK_EVERY = 0.5
"""Seconds between two looks at the workers."""
PATIENCE = 60.0
"""Seconds in which a worker that still sends heartbeats has to tell what its clients saw."""
_LOG = logging.getLogger(__name__)


class Master:
    """Hears the workers from the start of a test to its end, and then `tell`s the outcome.

    It ends a test that must not go on: one that is hindered, or that takes too long.
    """

    def __init__(
        self, environment: Any, settings: Callable[[Any], Settings], tell: Callable[[Any, Outcome], object]
    ) -> None:
        self._environment = environment
        self._settings = settings
        self._tell = tell
        self._members: dict[str, Member] = {}
        self._asked: Settings | None = None
        self._running = False
        self._collecting = False
        self._over = Event()
        self._began = 0.0
        self._hindered = ""
        events, runner = environment.events, environment.runner
        events.test_start.add_listener(self._start)
        events.test_stopping.add_listener(self._finish)
        events.quitting.add_listener(self._finish)
        runner.register_message(STATE, self._hear)
        runner.register_message(RESULT, self._receive)

    def _start(self, **_: Any) -> None:
        self._members, self._running, self._hindered, self._asked = {}, True, "", None
        self._over.clear()
        self._began = time.monotonic()
        options = self._environment.parsed_options
        setattr(options, SECONDS, float(options.run_time or LONGEST))
        setattr(options, CLIENTS, max(self._environment.runner.target_user_count, options.num_users or 1))
        try:
            self._asked = self._settings(self._environment)
        except UsageError as error:
            self._hindered = str(error)
        gevent.spawn(self._watch)

    def _watch(self) -> None:
        """Look for workers that die, and for reasons to end it all."""
        while self._running:
            self._look()
            if time.monotonic() - self._began > LONGEST:
                self._hindered = "an hour is over"
            if self._hindered and not self._collecting:
                _LOG.error("sse-inspect: %s", self._hindered)
                runner = self._environment.runner
                gevent.spawn(runner.quit if self._environment.parsed_options.headless else runner.stop)
                return
            gevent.sleep(LOOK_EVERY)

    def _look(self) -> None:
        for client_id, node in list(self._nodes().items()):
            member = self._member(client_id)
            member.users = node.user_count or member.users
            is_missing = node.state == STATE_MISSING
            if is_missing and not member.missing:
                _LOG.error("sse-inspect: %s", member.obituary())
            elif member.missing and not is_missing:
                _LOG.warning("sse-inspect: %s is back", member.name)
            member.missing = is_missing

    def _nodes(self) -> dict[str, Any]:
        """Locust's own view of the workers; there are none in a single process."""
        return dict(getattr(self._environment.runner, "clients", {}))

    def _member(self, client_id: str) -> Member:
        if client_id not in self._members:
            host, _, unique = client_id.rpartition("_")
            runner = self._environment.runner
            index = runner.get_worker_index(client_id) if client_id in self._nodes() else len(self._members)
            name = visible(f"worker {index} ({host} {unique[:8]})") if host else "this process"
            self._members[client_id] = Member(name)
        return self._members[client_id]

    def _hear(self, msg: Any, **_: Any) -> None:
        member = self._member(msg.node_id)
        member.state, member.heard_at = State.heard(msg.data), time.monotonic()
        self._hindered = self._hindered or member.state.hindered

    def _receive(self, msg: Any, **_: Any) -> None:
        member = self._member(msg.node_id)
        member.answered = True
        if seen := msg.data.get("seen"):
            member.parcel = received(seen)
        if statistics := msg.data.get("statistics"):
            self._environment.events.worker_report.fire(client_id=msg.node_id, data=statistics)

    def _finish(self, **_: Any) -> None:
        """Ask the workers for what they saw, wait for those that are alive, and tell the outcome."""
        if not self._running:
            return
        if self._collecting:
            self._over.wait()
            return
        self._collecting = True
        try:
            self._look()
            self._environment.runner.send_message(FINISH, None)
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until and any(map(self._is_awaited, self._members)):
                gevent.sleep(LOOK_EVERY / 10)
            self._look()
            if self._asked is not None:
                self._tell(self._environment, self._outcome(*self._asked))
        finally:
            self._running = self._collecting = False
            self._over.set()

    def _is_awaited(self, client_id: str) -> bool:
        member, node = self._members[client_id], self._nodes().get(client_id)
        return not member.answered and node is not None and node.state != STATE_MISSING

    def _outcome(self, target: Target, policy: Policy, plan: Plan) -> Outcome:
        members = [each for each in self._members.values() if each.clients or not each.answered]
        clients, began = sum(each.clients for each in members), time.time_ns() // 1000
        plan = replace(plan, clients=max(1, clients), workers=max(1, len(members)))
        whole = Result(plan, shown_url(target.url), __version__, began, hindered=self._hindered)
        for member in members:
            if member.parcel is not None:
                whole.began_unix_us = min(whole.began_unix_us, member.parcel.began_unix_us)
                member.parcel.unpacked(whole)
            else:
                whole.causes.append(member.cause())
                whole.notes.append(member.obituary())
        whole.stall_after, whole.prefix = policy.stall_after, PREFIX
        whole.spread.across = max(1, len(whole.costs))
        return Outcome(whole, members)
