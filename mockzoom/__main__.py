"""`python -m mockzoom`."""

from mockzoom.cli import main

main()
