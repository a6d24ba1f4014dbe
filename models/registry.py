"""Artefacts in PostgreSQL, where every worker reaches them. A version is registered once and never changed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from models import artefact
from models.artefact import SHIPPED, ArtefactError, Card, Packed
from models.lite.scorer import LiteScorer
from schemas.assignment import ArtefactReference
from schemas.sql import models as sql


class Registered(NamedTuple):
    """What is known of a version."""

    card: Card
    sha256: str
    registered_by: str | None  #: None: it is shipped and was not promoted yet
    registered_time: datetime | None


async def register(connection: Any, packed: Packed, actor: str) -> Card:
    """Verify an artefact and store it; doing it twice changes nothing.

    Raises:
        ArtefactError: It is not valid, or another artefact has its version, be it a shipped one.
    """
    card = LiteScorer.of(packed).card
    if (shipped := _shipped(card.version)) and shipped.sha256 != packed.sha256:
        raise ArtefactError(f"version {card.version} is that of a shipped model: train it under another one")
    await connection.execute(
        sql.INSERT_ARTEFACT, card.version, card.name, packed.sha256, packed.card, packed.weights, actor
    )
    stored = await fetch(connection, card.version)
    if stored.sha256 != packed.sha256:
        raise ArtefactError(f"version {card.version} is registered already, with another card (sha256 {stored.sha256})")
    return card


async def fetch(connection: Any, version: str) -> Packed:
    """Return a registered artefact, not yet verified. Raises ArtefactError when there is none."""
    row = await connection.fetchrow(sql.SELECT_ARTEFACT, version)
    if row is None:
        raise ArtefactError(f"version {version} is not registered: `ironcore model list` shows what is")
    return Packed(row["card"], row["weights"], f"registered {version}")


async def find(connection: Any, version: str) -> Packed:
    """Return a registered artefact, else the shipped one of that version. Raises ArtefactError without either."""
    try:
        return await fetch(connection, version)
    except ArtefactError:
        if shipped := _shipped(version):
            return shipped
        raise


async def assigned(connection: Any, reference: ArtefactReference) -> Packed:
    """Return the artefact that a role was given, which its hash tells. Raises ArtefactError when it is not there."""
    found = await find(connection, reference.version)
    if found.sha256 == reference.sha256:
        return found
    if (shipped := _shipped(reference.version)) and shipped.sha256 == reference.sha256:
        return shipped
    raise ArtefactError(f"{found.where}: sha256 is {found.sha256}, {reference.sha256} is assigned")


async def registered(connection: Any) -> list[Registered]:
    """Return what is registered, the oldest first, after what is only shipped. Raises ArtefactError."""
    rows = await connection.fetch(sql.SELECT_ARTEFACTS)
    found = []
    for row in rows:
        packed = Packed(row["card"], b"", f"registered {row['version']}")
        found.append(Registered(artefact.card_of(packed), packed.sha256, row["registered_by"], row["registered_time"]))
    known = {each.card.version for each in found}
    shipped = [artefact.read(folder) for folder in shipped_folders() if folder.name not in known]
    return [*(Registered(artefact.card_of(packed), packed.sha256, None, None) for packed in shipped), *found]


def _shipped(version: str) -> Packed | None:
    return next((artefact.read(folder) for folder in shipped_folders() if folder.name == version), None)


def shipped_folders() -> list[Path]:
    """Return the folders of the shipped versions."""
    return sorted(folder for folder in SHIPPED.glob("*.*.*") if (folder / artefact.CARD_FILE).is_file())
