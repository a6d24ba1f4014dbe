"""Publishes threats to the outbound topic by the clock; each one carries the time of its own publication.

Run as a program with broker, threats a second and seconds as JSON on the first line of standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid

import uvloop

from ironcore.traffic.send import connected
from schemas.render import Form, render
from schemas.threat import ATTACK, ContributionStruct, Severity, Threat, ThreatClass, ThreatStruct
from schemas.topics import THREATS


def threat(number: int) -> Threat:
    """Return a threat of the usual size that is published now."""
    now = time.time()
    made: Threat = ThreatStruct(
        threat_id=uuid.uuid4(),
        event_ids=[uuid.uuid4()],
        entity=f"10.9.{number // 200 % 200}.{number % 200 + 1}",
        severity=Severity.HIGH,
        threat_class=ThreatClass.SCAN,
        attack=ATTACK[ThreatClass.SCAN],
        anomaly=0.97,
        class_probabilities={each: 1 / len(ThreatClass) for each in ThreatClass},
        risk=84.2,
        contributions=[
            ContributionStruct(name=f"feature_{at}", observed=212.0, expected=3.5, contribution=1.5) for at in range(5)
        ],
        model_name="loadtest",
        model_version="1",
        event_time=now,
        scored_time=now,
        src_ip=f"10.9.{number // 200 % 200}.{number % 200 + 1}",
        dst_ip="10.0.0.5",
        dst_port=443,
        sensor="loadtest",
    )
    return made


async def publish(broker: str, rate: float, seconds: float) -> int:
    """Publish and return how many."""
    async with connected(broker) as producer:
        began, number = time.perf_counter(), 0
        while (now := time.perf_counter() - began) < seconds:
            while number < now * rate:
                made = threat(number)
                value, headers = render(made, Form.JSON)
                await producer.send(THREATS.name, value, made.threat_id.hex.encode(), headers=headers)
                number += 1
            await asyncio.sleep(0.005)
    return number


def main() -> None:
    """Read what to do from the first line of standard input."""
    print(json.dumps(uvloop.run(publish(**json.loads(sys.stdin.readline())))))


if __name__ == "__main__":
    main()
