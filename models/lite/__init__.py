"""The network for sensors: one small LiteRT file with int8 weights, exported from an artefact, scored without it."""
