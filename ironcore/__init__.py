"""The command line, the settings, the embedded local stack and the players of traffic."""
