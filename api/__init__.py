"""The thin API: reads what the pipeline wrote, takes what analysts decide, and feeds live clients."""
