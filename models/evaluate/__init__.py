"""How good the model and its recipe are, on data that they never saw; `python -m models.evaluate` writes the report."""
