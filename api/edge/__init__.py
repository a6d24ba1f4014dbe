"""What every request passes before its route: plain ASGI, so that a hot read costs little more than its bytes."""
