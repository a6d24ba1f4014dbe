"""Stops a worker that rejects most of what it reads: that is a bad deploy, and draining it would hide it."""

from __future__ import annotations

from collections import deque

from streams.errors import Fatal


class BadRatio:
    """The share of rejected records among the latest; older batches are forgotten as new ones come."""

    def __init__(self, limit: float, records: int) -> None:
        self._limit, self._records = limit, records
        self._batches: deque[tuple[int, int]] = deque()
        self._seen = self._bad = 0

    def add(self, records: int, bad: int) -> None:
        """Count a batch. Raises Fatal when more than the limit of the last records is bad."""
        self._batches.append((records, bad))
        self._seen, self._bad = self._seen + records, self._bad + bad
        while self._seen - self._batches[0][0] >= self._records:
            old_records, old_bad = self._batches.popleft()
            self._seen, self._bad = self._seen - old_records, self._bad - old_bad
        if self._seen >= self._records and self._bad > self._limit * self._seen:
            raise Fatal(
                f"{self._bad} of the last {self._seen} records were rejected, more than the limit of "
                f"{self._limit:.0%} (worker.max_bad_ratio): look at the producers, or at the dead letters so far "
                "(ironcore dead-letters list). The offsets of this batch are not committed."
            )
