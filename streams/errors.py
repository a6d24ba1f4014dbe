"""Three errors and no more: Reject (in `schemas.dead_letter`), Retry and Fatal. `streams.pipeline` maps them once."""

from __future__ import annotations


class Retry(Exception):  # noqa: N818 - named for what is done about it
    """Something outside failed and will come back: wait and try again; nothing is lost."""

    def __init__(self, stage: str, cause: BaseException) -> None:
        super().__init__(f"{stage}: {type(cause).__name__}: {cause}")
        self.stage = stage


class Fatal(Exception):  # noqa: N818
    """Going on would do harm: stop, and say why. Nothing is committed that was not settled."""
