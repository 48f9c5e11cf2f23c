"""`python -m kerasviz` is the command `kerasviz`."""

from kerasviz.cli.main import main

raise SystemExit(main())
