"""Where the command begins and ends: arguments in, exit code out, errors in one calm sentence.

Exit codes: 0 done; 1 a check failed, or the reader of the output went away; 2 something given is wrong;
130 stopped by Ctrl-C.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from glassnet.cli.group import glassnet
from glassnet.errors import GlassnetError

WRONG: Final = 2
GONE: Final = 1  # as click has it, who hears of most such writes before us
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # no space, quota, limit of a file's size


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with these arguments, or those of the process, and exit with its code."""
    sys.exit(run_command(sys.argv[1:] if arguments is None else list(arguments)))


def run_command(arguments: list[str]) -> int:
    """Return the exit code of the command; what is wrong is said on stderr, without a traceback."""
    try:
        code = glassnet.main(arguments, prog_name="glassnet", standalone_mode=False, obj=tuple(arguments))
        if sys.stdout is not None:  # a process may be started without one
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except GlassnetError as error:
        return _refused("\n".join([str(error), *getattr(error, "__notes__", ())]))
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped.", err=True)  # click has ended the line with ^C already
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return GONE
    except OSError as error:
        return _refused(_said(error))
    return code if isinstance(code, int) else 0


def _said(error: OSError) -> str:
    """Return what a disk or a file system refused, as a sentence; a full disk with the remedy."""
    where = f"{error.filename}: " if error.filename is not None else "reading or writing a file failed: "
    remedy = " Make room there, or write elsewhere." if error.errno in FULL else ""
    return f"{where}{error.strerror or error}.{remedy}"


def _refused(message: str) -> int:
    click.echo(f"Error: {message}", err=True)
    return WRONG


def _forget_output() -> None:
    """Point stdout nowhere: its reader has gone, such as `head`, and Python would complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
