"""The one dependency that every route has: finds out who is asking, and applies the policy before anything else is read."""

import re
from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute

from samspil.errors import Misconfigured
from samspil.ports import Principal
from samspil.web.addresses import contexts_of, template_of
from samspil.web.policy import Access, Rule, Token, decide, policy
from samspil.web.problems import CONDITION, TOO_MANY, UNAUTHENTICATED, ProblemError
from samspil.web.services import Services, WebServices
from samspil.web.throttle import FailedTries

_TOKEN = re.compile(r"[A-Za-z0-9._~+/\-]{1,512}=*")  # RFC 6750, b64token
_CONDITIONS = ("if-match", "if-none-match", "if-unmodified-since")
_WRITES = frozenset({"PUT", "POST", "DELETE"})


class Gate:
    """The rules and the memory of failed tries of one application."""

    def __init__(self, services: WebServices) -> None:
        limits = services.limits
        self.rules: Mapping[tuple[str, str], Rule] = policy(open_metrics=services.open_metrics)
        self.tries = FailedTries(
            services.clock,
            limit=limits.failed_tries,
            window=limits.failed_tries_window,
            sites=limits.failed_tries_addresses,
        )

    def check_complete(self, app: FastAPI) -> None:
        """Refuse to start where a route has no rule, a rule no route, or a route does not pass the gate.

        Raises:
            Misconfigured: says which.
        """
        found: set[tuple[str, str]] = set()
        for context in contexts_of(app):
            keys = {(method, template_of(context)) for method in context.methods or {"ANY"}}
            found |= keys
            if missing := keys - self.rules.keys():
                raise Misconfigured(f"A route has no rule: {_listed(missing)}.", hint="Add it to POLICY in web/policy.py.")
            if authorise not in [dependency.call for dependency in context.dependant.dependencies]:
                raise Misconfigured(f"A route does not pass the gate: {_listed(keys)}.", hint="Add it through create_app.")
        if stray := self.rules.keys() - found:
            raise Misconfigured(f"A rule has no route: {_listed(stray)}.", hint="Remove it from POLICY in web/policy.py.")


def _listed(keys: set[tuple[str, str]]) -> str:
    return ", ".join(f"{method} {template}" for method, template in sorted(keys))


async def authorise(request: Request, services: Services) -> Access:
    """What the request is let in to, or a refusal.

    Raises:
        ProblemError: 401, 403, 404 or 429.
        Transient: the record does not answer.
        Misconfigured: the route has no rule.
    """
    gate: Gate = request.app.state.gate
    route = request.scope["route"]
    template = route.path_format if isinstance(route, APIRoute) else ""
    rule = gate.rules.get((request.method, template))
    if rule is None:
        raise Misconfigured(f"A route has no rule: {request.method} {template}.", hint="Add it to POLICY in web/policy.py.")
    principal = None if rule.token is Token.IGNORED else await _identify(request, gate=gate, services=services)
    request.state.token_id = principal.token_id if principal else None
    request.state.cacheable = rule.token is not Token.NEEDED and principal is None
    access = await decide(
        rule, principal=principal, ids=request.path_params, readings=services.readings, joint_needs=services.joint_needs
    )
    _refuse_conditions(request)
    return access


async def _identify(request: Request, *, gate: Gate, services: WebServices) -> Principal | None:
    """Who the token is; None without one."""
    sent = request.headers.getlist("authorization")
    if not sent:
        return None
    scheme, _, token = sent[0].partition(" ")
    if scheme.lower() != "bearer":
        return None
    readable = len(sent) == 1 and _TOKEN.fullmatch(token)
    # A good token is let in whatever others tried from the same address, which may be that of a proxy.
    if readable and (principal := await services.tokens.check(token)) is not None:
        return principal
    address = request.client.host if request.client else None
    if seconds := gate.tries.seconds_held(address):
        raise ProblemError(
            TOO_MANY,
            "Too many tokens were tried from here that are not good.",
            f"Wait {seconds} s and send a good one.",
            headers={"Retry-After": str(seconds)},
        )
    gate.tries.failed(address)
    raise ProblemError(
        UNAUTHENTICATED,
        "The token is not known, or was revoked.",
        "Ask the operator for a new one.",
        headers={"WWW-Authenticate": 'Bearer realm="samspil", error="invalid_token"'},
    )


def _refuse_conditions(request: Request) -> None:
    """Refuse a conditional write: to ignore the condition would overwrite what the sender wanted to keep."""
    if request.method in _WRITES and any(name in request.headers for name in _CONDITIONS):
        raise ProblemError(CONDITION, "A write cannot depend on a condition here.", "Send it without If-… headers.")


Allowed = Annotated[Access, Depends(authorise)]
