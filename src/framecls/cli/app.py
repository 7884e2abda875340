"""The app, what its commands share, and how an error reaches the user."""

import logging
import sys
from errno import ENOSPC
from io import TextIOWrapper
from typing import Annotated, Any, Literal, NoReturn

import typer

from framecls.errors import FrameclsError

__all__ = ["TARGET", "Device", "Engine", "Threads", "app", "calm_transformers", "counted", "fail"]

#: Options that several commands have.
Device = Annotated[str | None, typer.Option(help="cpu, cuda …; CUDA where there is one by default.")]
Engine = Annotated[
    Literal["auto", "torch", "torch-bf16", "onnx", "onnx-int8"] | None,
    typer.Option(help="What computes; 'auto' takes the fastest here that decides as torch does; torch by default."),
]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads of the engine; by default one a core.")]
TARGET = "What thresholds are fitted for: f1, precision=0.9, recall=0.95 …"


class _App(typer.Typer):
    """A Typer app that shows the user one line for an error the user can mend."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # A character that the terminal has no code for is no reason to stop; stderr escapes it in any case.
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        try:
            return super().__call__(*args, **kwargs)
        except FrameclsError as error:
            fail(str(error))
        except BrokenPipeError:
            sys.stderr.close()
            sys.exit(1)
        except OSError as error:
            # Places the user named that cannot be written or read: a file for a folder, no permission, a full disk.
            place = error.filename or ("standard output" if error.errno == ENOSPC else None)
            fail(f"{place}: {error.strerror}" if place else str(error))


def fail(message: str) -> NoReturn:
    sys.stderr.write(f"framecls: {' '.join(message.split())}\n")
    sys.exit(1)


app = _App(
    name="framecls",
    help="Label partnership frames in official texts: train, evaluate, label, report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only warnings and errors on stderr.")] = False,
) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("framecls").setLevel(logging.WARNING if quiet else logging.INFO)


def counted(number: int, what: str) -> str:
    """
    Say how many there are: ``1 failure``, ``1,200 failures``.

    :param number: how many.
    :param what: one of them.
    :returns: both.
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def calm_transformers() -> None:
    """Keep loading bars and load reports of transformers off the user's terminal."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
