import pytest
from flask_app import SECRET, app


@pytest.fixture
def mockzoom_receiver():
    return app, "/zoom"


@pytest.fixture
def mockzoom_secret():
    return SECRET


def test_keeps_the_contract(mockzoom):
    mockzoom.verify().assert_ok()
