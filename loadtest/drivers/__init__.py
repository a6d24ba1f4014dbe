"""Where it runs: servers, the processes under test, their CPU seconds, and who sends to them."""
