"""The live view: what a worker's metrics say, drawn in a terminal."""
