"""The published test vectors agree with `zoom/signing.py`; each wrong one is wrong as it says.

The MACs in the files come from the openssl command line; wrong vectors are remade here from their
recipe with the standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mockzoom.zoom import signing
from tests.each import each

VECTORS = Path(__file__).parents[1] / "specs" / "vectors"
Vector = dict[str, Any]


def _load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return document


SIGNATURES = _load("signatures.json")
CHALLENGES = _load("challenges.json")


def _each(document: dict[str, Any], *, valid: bool) -> list[Any]:
    chosen = [vector for vector in document["vectors"] if vector["valid"] is valid]
    return [pytest.param(vector, id=vector["name"]) for vector in chosen]


def _body(vector: Vector) -> bytes:
    return base64.b64decode(vector["body_base64"], validate=True)


def _remake(recipe: Vector) -> str:
    """Follow the recipe of a wrong vector."""
    message = base64.b64decode(recipe["message_base64"], validate=True)
    algorithm = recipe["algorithm"]
    if algorithm.startswith("hmac-"):
        key = recipe["secret"].encode()
        digest = hmac.new(key, message, algorithm.removeprefix("hmac-")).digest()
    else:
        digest = hashlib.new(algorithm, message).digest()
    spelled = {
        "hex": digest.hex(),
        "HEX": digest.hex().upper(),
        "base64": base64.b64encode(digest).decode(),
    }
    return f"{recipe['prefix']}{spelled[recipe['encoding']]}"


def _right_recipe(secret: str, message: bytes, prefix: str) -> Vector:
    return {
        "algorithm": "hmac-sha256",
        "secret": secret,
        "message_base64": base64.b64encode(message).decode(),
        "encoding": "hex",
        "prefix": prefix,
    }


def _wrong_ingredients(made: Vector, right: Vector) -> set[str]:
    assert made.keys() == right.keys()
    return {key.removesuffix("_base64") for key in made if made[key] != right[key]}


@pytest.mark.parametrize("document", [SIGNATURES, CHALLENGES], ids=["signatures", "challenges"])
def test_vectors_have_unique_names_and_say_that_openssl_made_them(document: dict[str, Any]) -> None:
    names = [vector["name"] for vector in document["vectors"]]
    assert len(names) == len(set(names))
    assert "openssl dgst" in document["computed-with"]["valid"]


def test_the_signature_vectors_cover_what_receivers_get_wrong() -> None:
    names = {vector["name"] for vector in SIGNATURES["vectors"]}
    assert names >= {
        *("ascii", "accents", "emoji", "slashes", "slashes-escaped", "accents-escaped"),
        *("empty-object", "white-space", "long-body", "wrong-secret", "empty-secret"),
        *("reserialised", "timestamp-in-ms", "upper-case-hex", "base64", "missing-v0"),
        *("sha256-without-key", "ascii-escaped"),
    }


@each("vector", SIGNATURES["vectors"], lambda vector: str(vector["name"]))
def test_the_text_and_the_bytes_of_a_body_are_the_same(vector: Vector) -> None:
    assert vector["body"].encode() == _body(vector)


@pytest.mark.parametrize("vector", _each(SIGNATURES, valid=True))
def test_a_valid_signature_is_the_one_that_mockzoom_makes(vector: Vector) -> None:
    secret, timestamp, body = vector["secret"], vector["timestamp"], _body(vector)
    assert signing.sign(secret, timestamp, body) == vector["signature"]
    assert signing.verify(secret, timestamp, body, vector["signature"])


@pytest.mark.parametrize("vector", _each(SIGNATURES, valid=False))
def test_a_wrong_signature_is_made_as_it_says_and_refused(vector: Vector) -> None:
    secret, timestamp, body = vector["secret"], vector["timestamp"], _body(vector)
    right = _right_recipe(secret, f"v0:{timestamp}:".encode() + body, "v0=")
    assert _remake(right) == signing.sign(secret, timestamp, body)
    assert _wrong_ingredients(vector["made"], right) == {vector["reason"]}
    assert _remake(vector["made"]) == vector["signature"]
    assert not signing.verify(secret, timestamp, body, vector["signature"])


@pytest.mark.parametrize("vector", _each(CHALLENGES, valid=True))
def test_a_valid_challenge_answer_is_the_one_that_mockzoom_makes(vector: Vector) -> None:
    made = signing.encrypted_token(vector["secret"], vector["plainToken"])
    assert made == vector["encryptedToken"]


@pytest.mark.parametrize("vector", _each(CHALLENGES, valid=False))
def test_a_wrong_challenge_answer_is_made_as_it_says_and_differs(vector: Vector) -> None:
    secret, plain_token = vector["secret"], vector["plainToken"]
    right = _right_recipe(secret, plain_token.encode(), "")
    assert _wrong_ingredients(vector["made"], right) == {vector["reason"]}
    assert _remake(vector["made"]) == vector["encryptedToken"]
    assert vector["encryptedToken"] != signing.encrypted_token(secret, plain_token)


def test_answering_a_token_of_the_form_of_a_message_signs_that_message() -> None:
    oracle = next(v for v in CHALLENGES["vectors"] if v["name"] == "signing-oracle")
    signed = next(v for v in SIGNATURES["vectors"] if v["name"] == "empty-object")
    assert oracle["plainToken"] == f"v0:{signed['timestamp']}:{signed['body']}"
    assert f"v0={oracle['encryptedToken']}" == signed["signature"]


@pytest.mark.skipif(not shutil.which("openssl"), reason="the openssl command is not installed")
@pytest.mark.parametrize(
    ("document", "answer"),
    [(SIGNATURES, "signature"), (CHALLENGES, "encryptedToken")],
    ids=["signatures", "challenges"],
)
def test_the_command_in_the_file_makes_the_valid_vectors(
    document: dict[str, Any], answer: str
) -> None:
    for vector in (vector for vector in document["vectors"] if vector["valid"]):
        texts = {key: value for key, value in vector.items() if isinstance(value, str)}
        done = subprocess.run(
            ["sh", "-c", document["computed-with"]["valid"]],
            env={"PATH": os.environ["PATH"], **texts},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        made = done.stdout.strip().rsplit("= ", 1)[1]
        assert made == vector[answer].removeprefix("v0="), vector["name"]
