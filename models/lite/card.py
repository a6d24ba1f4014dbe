"""What lies beside an exported network."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from models.artefact import Card

MODEL_FILE = "model.tflite"
MAX_MODEL_BYTES = 200_000
#: Most ROC-AUC that the export may cost on the rows that it is measured on.
MAX_AUC_LOSS = 0.02


class Agreement(BaseModel):
    """The exported network held against its source on labelled rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(description="Name of the labelled file.")
    sha256: str = Field(description="Its hash.")
    rows: int = Field(description="Its rows.")
    roc_auc: float = Field(description="Of the exported network's risk.")
    source_roc_auc: float = Field(description="Of the source's risk.")
    same_verdict: float = Field(description="Share of rows that both call a threat, or both do not.")

    @property
    def auc_loss(self) -> float:
        """Return the ROC-AUC that the export costs; negative when it gained."""
        return self.source_roc_auc - self.roc_auc


class LiteCard(Card):
    """The source's card, whose version it keeps, and what was made of it."""

    model_sha256: str = Field(description="Hash of the LiteRT file.")
    model_bytes: int = Field(le=MAX_MODEL_BYTES, description="Its size.")
    weights_type: str = Field(description="Of the large dense layers; activations are quantised row by row.")
    agreement: Agreement | None = Field(description="Null when the export was not given labelled rows.")
