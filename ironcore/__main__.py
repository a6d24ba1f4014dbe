"""`python -m ironcore` is the `ironcore` command."""

from ironcore.cli import main

main()
