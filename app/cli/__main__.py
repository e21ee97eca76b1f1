"""`python -m app.cli`, the same as `layerloom`."""

from app.cli import main

main()
