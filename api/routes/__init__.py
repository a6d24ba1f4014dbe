"""One module a resource: the signature that OpenAPI shows, and one call to what does it."""
