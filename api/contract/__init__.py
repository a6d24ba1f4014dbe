"""Requests and responses as pydantic models: what OpenAPI says, and what the dashboard's types are made from."""
