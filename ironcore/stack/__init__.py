"""The embedded local stack: a Kafka-protocol broker, PostgreSQL and Valkey, all real servers, without Docker."""

from __future__ import annotations

from ironcore.stack.errors import StackError
from ironcore.stack.options import Endpoints, Service, StackOptions
from ironcore.stack.process import ChildProcess
from ironcore.stack.stack import Stack

__all__ = ["ChildProcess", "Endpoints", "Service", "Stack", "StackError", "StackOptions"]
