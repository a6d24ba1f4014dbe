"""Players of traffic: a generated office under attack, readers of sensor logs, pacing and sending."""
