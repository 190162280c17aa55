"""The known limits: how long servers, proxies and platforms let a connection be silent, or last.

Two looks at one table: a `Wall` is told before it strikes, as a hint; a `Limit` says which finding names a cut that
struck there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Clock = Literal["idle", "age"]


@dataclass(frozen=True, slots=True)
class Wall:
    """A limit in seconds, who has it, and where that is written.

    `signs` are words in a response that name it: in `server`, `via` or `x-powered-by`, or the name of a header itself.
    What `is_platform` is never stands between this machine and itself; what `is_server` is makes the response itself.
    """

    clock: Clock
    seconds: float
    who: str
    source: str
    signs: tuple[str, ...] = ()
    is_platform: bool = False
    is_server: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """A limit that the session itself shows: its connections were cut so many `times` after so many `seconds`."""

    clock: Clock
    seconds: float
    times: int


@dataclass(frozen=True, slots=True)
class Limit:
    """A length of time at which connections are known to be cut: `code` is the finding that names it.

    It strikes from `least` to `most` seconds; what is in `signs` makes it likelier wherever it stands in a response
    head, as text in lower case. `walls` are whose it is by default, and told ahead.
    """

    code: str
    least: float
    most: float
    signs: tuple[str, ...] = ()
    walls: tuple[Wall, ...] = ()


_ENVOY = ("envoy", "x-envoy-upstream-service-time")

IDLE_LIMITS = (
    Limit(
        "idle-cut-bun",
        9.5,
        10.9,
        walls=(Wall("idle", 10, "Bun", "oven-sh/bun#27479: Bun.serve idleTimeout", ("bun",), is_server=True),),
    ),
    Limit(
        "idle-cut-proxy-30",
        29.0,
        31.5,
        ("via: 1.1 google", "cloudfront"),
        (
            Wall("idle", 30, "HAProxy", "dunglas/mercure#96, haproxy#182: timeout client, timeout server"),
            Wall("idle", 30, "CloudFront", "WaveHouse PR 346: origin read timeout", ("cloudfront",), is_platform=True),
        ),
    ),
    Limit(
        "idle-cut-heroku",
        54.0,
        56.4,
        ("vegur", "heroku"),
        (
            Wall(
                "idle",
                55,
                "Heroku",
                "devcenter.heroku.com/articles/request-timeout",
                ("vegur", "heroku"),
                is_platform=True,
            ),
        ),
    ),
    Limit(
        "idle-cut-proxy-60",
        59.0,
        62.0,
        ("nginx", "awselb"),
        (
            Wall("idle", 60, "nginx", "nginx documentation: proxy_read_timeout", ("nginx", "openresty")),
            Wall("idle", 60, "AWS ALB", "horizon#424, tupaia PR 6884: idle timeout", is_platform=True),
        ),
    ),
    Limit(
        "idle-cut-cloudflare",
        95.0,
        130.0,
        ("cloudflare", "cf-ray"),
        (Wall("idle", 100, "Cloudflare", "mercure troubleshooting", ("cloudflare", "cf-ray"), is_platform=True),),
    ),
    Limit(
        "idle-cut-node",
        119.0,
        122.0,
        ("express",),
        (Wall("idle", 120, "node-http-proxy", "node-http-proxy#921; einaros/sse.js#12: an old Node's server.timeout"),),
    ),
    Limit(
        "idle-cut-300",
        297.0,
        304.0,
        ("envoy", "express"),
        (Wall("idle", 300, "Envoy", "pomerium PR 6288: stream_idle_timeout", _ENVOY),),
    ),
    Limit(
        "idle-cut-nlb",
        347.0,
        354.0,
        walls=(Wall("idle", 350, "AWS NLB", "WaveHouse PR 346: idle timeout", is_platform=True),),
    ),
)
AGE_LIMITS = (
    Limit(
        "age-cut-15",
        14.5,
        15.6,
        ("envoy",),
        (Wall("age", 15, "Envoy", "envoyproxy/envoy#8517: route timeout", _ENVOY),),
    ),
    Limit(
        "age-cut-30",
        29.3,
        31.0,
        ("envoy",),
        (
            Wall(
                "age",
                30,
                "Tomcat",
                "spring-boot#4021: Spring's asynchronous timeout",
                ("tomcat", "coyote"),
                is_server=True,
            ),
        ),
    ),
    Limit("age-cut-node", 119.0, 122.0, ("express",)),
    Limit(
        "age-cut-cloud-run",
        298.0,
        304.0,
        ("google frontend",),
        (Wall("age", 300, "Cloud Run", "ahmetb/cloud-run-faq PR 157: request timeout", is_platform=True),),
    ),
    Limit(
        "age-cut-api-gateway",
        893.0,
        906.0,
        ("apigw-requestid", "x-amz-apigw-id"),
        (Wall("age", 900, "API Gateway", "terraform-provider-aws#45472: longest response stream", is_platform=True),),
    ),
)
"""By seconds. Only what has a source is a wall."""

WALLS = tuple(wall for limit in (*IDLE_LIMITS, *AGE_LIMITS) for wall in limit.walls)
"""By clock, then by seconds."""
