"""`python -m chatter.cli`, the same as `chatter`."""

from chatter.cli.commands import main

main()
