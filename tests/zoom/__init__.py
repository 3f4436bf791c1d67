"""Tests of what is Zoom's and nobody else's."""
