"""What the views of the control API share: the blueprint, its contract, and the service."""

from __future__ import annotations

from typing import Any, TypeAlias

from flask import Blueprint, Response, current_app, g, request

from mockzoom.service import Service
from mockzoom.web import contract
from mockzoom.web.contract import Call
from mockzoom.web.feed import FeedBudget

api = Blueprint("api", __name__)
Answer: TypeAlias = Response | tuple[Any, int] | tuple[Any, int, dict[str, str]]


def service() -> Service:
    """Return the service of the current application."""
    found: Service = current_app.extensions["mockzoom"]
    return found


def budget() -> FeedBudget:
    """Return the feed budget of the current application."""
    found: FeedBudget = current_app.extensions["mockzoom-feeds"]
    return found


def install_contract(blueprint: Blueprint) -> None:
    """Hold every request of `blueprint` to the contract; `g.call` is what it asks for."""
    _, operations = contract.load()

    @blueprint.before_request
    def hold() -> None:
        rule = request.url_rule
        if rule is None:
            return
        method = "GET" if request.method == "HEAD" else request.method
        operation = operations.get((contract.template_of(rule.rule), method))
        if operation is not None:
            g.call = operation.read(request)


install_contract(api)


def call() -> Call:
    """Return the current request as the contract reads it."""
    found: Call = g.call
    return found
