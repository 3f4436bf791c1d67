"""Suites: groups of test cases with their rules and checks."""
