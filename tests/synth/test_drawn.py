"""Schemas drawn at random, each with a value that proves it satisfiable."""

from __future__ import annotations

import pytest
from hypothesis import given

from mockzoom import contract
from mockzoom.model import EventSpec
from mockzoom.synth import all_mutants, encode, proves, shapes, synthesise

from .strategies import specs


@pytest.mark.slow
@given(specs())
def test_whatever_can_be_satisfied_is(spec: EventSpec) -> None:
    for index in range(min(shapes(spec), 12) + 1):
        for seed in (1, 2):
            event = synthesise(spec, seed=seed, index=index)
            assert contract.errors(spec, event.body) == ()
            assert contract.valid(spec, event.body)
            assert encode(event.body)


@pytest.mark.slow
@given(specs())
def test_whatever_is_broken_is_broken_for_the_recorded_reason(spec: EventSpec) -> None:
    for seed in (1, 3):
        for mutant in all_mutants(spec, seed):
            assert not contract.valid(spec, mutant.body)
            assert proves(spec, mutant)
