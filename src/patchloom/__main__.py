"""``python -m patchloom`` is the command ``patchloom``."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    try:
        from .cli import main
    except KeyboardInterrupt:                             # the imports take longest of all that comes before the work
        sys.stderr.write("cancelled\n")
        sys.exit(130)
    main()
