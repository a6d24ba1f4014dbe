"""Contracts: events, threats, dead letters, topics, keys and SQL. Imports nothing else of ours."""
