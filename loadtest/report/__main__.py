"""Draws and tabulates the latest result again, its figures made anew of its measurements."""

from __future__ import annotations

from loadtest.report import results, tables

if __name__ == "__main__":
    if result := results.read_latest(results.FOLDER):
        result = results.refigured(result)
        results.write(result, results.FOLDER)
        tables.rewrite(result)
