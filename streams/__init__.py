"""The way of an event: transport, decode, features, score, store, publish, cache, commit."""
