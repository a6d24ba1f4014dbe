"""A server that is there already: it is checked at the start and left alone after."""

from __future__ import annotations

from dataclasses import dataclass

from ironcore.stack.errors import StackError
from ironcore.stack.probes import UNREADY, Probe, ask


@dataclass(frozen=True, slots=True)
class External:
    """Somebody else's server at `address`; `shown` is that without a password."""

    name: str
    address: str
    shown: str
    probe: Probe

    @property
    def pid(self) -> None:
        """None: its process is not ours."""
        return

    @property
    def ready(self) -> bool:
        """Whether it answers now."""
        try:
            ask(self.probe)
        except UNREADY:
            return False
        return True

    def start(self) -> None:
        """Raise StackError when it does not answer."""
        try:
            ask(self.probe)
        except UNREADY as error:
            reason = str(error) or type(error).__name__
            raise StackError(f"{self.name} at {self.shown} does not answer: {reason}") from error

    def check_alive(self) -> None:
        """Leave that to its owner."""

    def stop(self) -> None:
        """Leave it running."""

    def kill(self) -> None:
        """Refuse."""
        raise StackError(f"{self.name} at {self.shown} is not ours to kill")

    def restart(self) -> None:
        """Refuse."""
        raise StackError(f"{self.name} at {self.shown} is not ours to restart")
