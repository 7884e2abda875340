"""Training progress on stderr: a bar on a terminal, a line an epoch in the log."""

import logging
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

__all__ = ["ProgressBar"]

logger = logging.getLogger(__name__)


class ProgressBar(TrainerCallback):  # type: ignore[misc]
    """Show steps, loss and validation score of a running training."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None
        self._loss: float | None = None

    def __enter__(self) -> Self:
        """Nothing is shown before the training begins."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Take the bar away, however the training ended."""
        # Stopping a bar that was never started writes an empty line.
        if self._task is not None and self._progress.console.is_terminal:
            self._progress.stop()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the bar, at the step a resumed run goes on from."""
        if self._progress.console.is_terminal:
            self._progress.start()
        self._task = self._progress.add_task("training", total=state.max_steps, completed=state.global_step)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.update(self._task, completed=state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """Keep the loss for the next line."""
        self._loss = (logs or {}).get("loss", self._loss)

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float],
        **kwargs: Any,
    ) -> None:
        """Report an epoch."""
        score = metrics["eval_average_precision"]
        logger.info(
            "epoch %.0f of %.0f: training loss %.4f, validation average precision %.3f",
            state.epoch or 0,
            args.num_train_epochs,
            self._loss or float("nan"),
            score,
        )
        if self._task is not None:
            self._progress.update(self._task, description=f"training, validation AP {score:.3f}")
