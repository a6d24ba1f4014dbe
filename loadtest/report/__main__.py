"""Draws and tabulates the latest result again."""

from __future__ import annotations

from loadtest.report import pictures, results, tables

if __name__ == "__main__":
    if result := results.read_latest(results.FOLDER):
        pictures.draw(result, results.FOLDER)
        tables.rewrite(result)
