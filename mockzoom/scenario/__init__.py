"""Scenarios: scripted deliveries as YAML documents, read and checked; nothing here is sent."""

from __future__ import annotations

from mockzoom.scenario.context import Names
from mockzoom.scenario.library import bundled, find, names_in
from mockzoom.scenario.mistakes import Mistake, ScenarioError
from mockzoom.scenario.model import Scenario
from mockzoom.scenario.reading import read, read_text
from mockzoom.scenario.values import fill, references

__all__ = [
    "Mistake", "Names", "Scenario", "ScenarioError", "bundled", "fill", "find", "names_in", "read",
    "read_text", "references",
]  # fmt: skip
