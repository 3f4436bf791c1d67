"""Mutants of every product, held to both validators: invalid at their place, for their reason."""

from __future__ import annotations

import jsonschema_rs
import pytest

from mockzoom.contract import load, valid, valid_by_both
from mockzoom.model import EventSpec
from mockzoom.schema.pointer import join
from mockzoom.synth import all_mutants, shapes, synthesise
from mockzoom.synth.mutate import proves
from tests.each import thorough

SMALL = "whiteboard"
PRODUCTS = [product for product in load().all_products() if product != SMALL]


@pytest.mark.parametrize("product", [SMALL, *thorough(*PRODUCTS)])
def test_every_mutant_is_invalid_for_the_reason_that_it_states(product: str) -> None:
    for spec in load(products=[product]).events.values():
        mutants = list(all_mutants(spec))
        assert mutants, spec.name
        validator = jsonschema_rs.Draft202012Validator(dict(spec.schema), validate_formats=True)
        for mutant in mutants:
            mutation = mutant.mutation
            assert mutation is not None
            assert not valid(spec, mutant.body), mutation
            assert proves(spec, mutant), mutation
            places = {join(error.instance_path) for error in validator.iter_errors(mutant.body)}
            # jsonschema-rs leaves a property without a name out of its paths.
            named = mutation.pointer.replace("//", "/").removesuffix("/")
            assert places, mutation
            assert places <= {mutation.pointer, named}, mutation


@pytest.mark.parametrize("product", [SMALL, *thorough(*PRODUCTS)])
def test_every_shape_is_valid_in_the_eyes_of_both_validators(product: str) -> None:
    for spec in load(products=[product]).events.values():
        _check_shapes(spec)


def _check_shapes(spec: EventSpec) -> None:
    for index in range(shapes(spec)):
        assert valid_by_both(spec, synthesise(spec, index=index).body), f"{spec.name} {index}"
