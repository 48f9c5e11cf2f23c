"""`python -m kerasviz` is the command `kerasviz`."""

from kerasviz.cli import main

raise SystemExit(main())
