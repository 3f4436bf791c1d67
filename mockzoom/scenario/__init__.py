"""Scenarios: scripted deliveries as YAML documents, read and checked; nothing here is sent."""
