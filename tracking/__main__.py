"""The command `klat`: what goes wrong is said in one line, and in the exit code."""

import sys
from collections.abc import Sequence

from tracking.cli import app
from tracking.errors import ConfigurationError, KlatError
from tracking.logs import quieten

EXIT_FAILURE = 1
EXIT_CONFIGURATION = 78


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line; 0 is success, 1 a failure, 78 a wrong setting."""
    quieten()
    try:
        app(words)
    except ConfigurationError as error:
        _exit(error, EXIT_CONFIGURATION)
    except KlatError as error:
        _exit(error, EXIT_FAILURE)


def _exit(error: KlatError, code: int) -> None:
    print(error, file=sys.stderr, flush=True)
    raise SystemExit(code)


if __name__ == "__main__":
    main()
