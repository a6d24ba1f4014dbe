"""Drives the API: readers over HTTP, live clients over WebSockets, and the bare route that it is compared with."""
