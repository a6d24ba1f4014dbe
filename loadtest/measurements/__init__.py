"""One file a measurement, each a function of the bench; `loadtest.registry` lists them in order."""
