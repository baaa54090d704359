"""`python -m samspil.cli`."""

from samspil.cli.app import main

main()
