"""Plots of evaluations as inline SVG, drawn with matplotlib; the same record always gives the same bytes."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["f1_plot", "learning_plot", "reliability_plot"]

#: Text stays text, so that it can be read and searched; ids do not change from run to run.
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "framecls",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def f1_plot(evaluations: Sequence[Mapping[str, Any]], titles: Mapping[str, str], colors: Mapping[str, str]) -> str:
    """
    Draw F1 of each frame and their macro mean, with intervals, a row a system.

    :param evaluations: from the record, the first system first.
    :param titles: of the frames, by name.
    :param colors: of the frames, by name.
    :returns: an SVG element.
    """
    columns = [*(scores["frame"] for scores in evaluations[0]["frames"]), "macro"]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10, 0.45 + 0.3 * len(evaluations)), layout="constrained")
        axes = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
        for axis, column in zip(axes, columns, strict=True):
            for row, evaluation in enumerate(evaluations):
                scores = {one["frame"]: one for one in (*evaluation["frames"], evaluation["macro"])}[column]
                if scores["f1"] is None:
                    continue
                color = colors.get(column, "#5c666f")
                if scores["f1_interval"]:
                    axis.plot(list(scores["f1_interval"].values()), [row, row], color=color, linewidth=2, alpha=0.55)
                axis.plot([scores["f1"]], [row], marker="o", color=color, markersize=5 if row else 7, clip_on=False)
            axis.set_title(titles.get(column, column), fontsize=9)
            axis.set_xlim(0, 1)
            axis.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
            axis.grid(axis="x", color="#8a949e", alpha=0.25)
            axis.set_ylim(len(evaluations) - 0.5, -0.5)
        axes[0].set_yticks(range(len(evaluations)), [evaluation["system"] for evaluation in evaluations])
        return _svg(figure, "F1 of each frame and system with 95 % intervals")


def reliability_plot(curves: Sequence[Mapping[str, Any]], titles: Mapping[str, str], colors: Mapping[str, str]) -> str:
    """
    Draw the share of sentences that carry a frame against the probability they were given.

    :param curves: from the record; those without a reliability curve are left out.
    :param titles: of the frames, by name.
    :param colors: of the frames, by name.
    :returns: an SVG element; empty where no frame has such a curve.
    """
    drawn = [one for one in curves if one["reliability"]]
    if not drawn:
        return ""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10, 2.6), layout="constrained")
        axes: Sequence[Axes] = figure.subplots(1, len(drawn), sharey=True, squeeze=False)[0]
        for axis, one in zip(axes, drawn, strict=True):
            bins, color = one["reliability"], colors.get(one["frame"], "#5c666f")
            most = max(held["sentences"] for held in bins)
            axis.plot([0, 1], [0, 1], color="#8a949e", linewidth=1, linestyle=":")
            axis.plot([b["probability"] for b in bins], [b["present"] for b in bins], color=color, linewidth=1.5)
            for held in bins:
                size = 2.5 + 7 * (held["sentences"] / most) ** 0.25
                axis.plot([held["probability"]], [held["present"]], marker="o", color=color, markersize=size)
            axis.set_title(titles.get(one["frame"], one["frame"]), fontsize=9)
            axis.set_xlim(-0.03, 1.03)
            axis.set_ylim(-0.03, 1.03)
            axis.set_aspect("equal")
            axis.set_xlabel("probability")
        axes[0].set_ylabel("share that carries it")
        return _svg(figure, "Share of sentences that carry a frame by the probability they were given")


def learning_plot(points: Sequence[Mapping[str, Any]], titles: Mapping[str, str], colors: Mapping[str, str]) -> str:
    """
    Draw F1 of each frame and their macro mean against the number of annotated sentences, a line a system.

    :param points: from the record, smallest first.
    :param titles: of the frames, by name.
    :param colors: of the frames, by name.
    :returns: an SVG element.
    """
    systems = [evaluation["system"] for evaluation in points[0]["evaluations"]]
    columns = [*(scores["frame"] for scores in points[0]["evaluations"][0]["frames"]), "macro"]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10, 2.8), layout="constrained")
        axes: Sequence[Axes] = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
        for axis, column in zip(axes, columns, strict=True):
            for number in range(len(systems)):
                drawn = []
                for point in points:
                    evaluation = point["evaluations"][number]
                    scores = {one["frame"]: one for one in (*evaluation["frames"], evaluation["macro"])}[column]
                    if scores["f1"] is not None:
                        drawn.append((point["sentences"], scores["f1"], scores["f1_interval"]))
                color, line = colors.get(column, "#5c666f"), "--" if number else "-"
                axis.plot(
                    [x for x, _, _ in drawn], [y for _, y, _ in drawn], line, color=color, marker="o", markersize=4
                )
                if not number:
                    held = [(x, ends["low"], ends["high"]) for x, _, ends in drawn if ends]
                    lows, highs = [low for _, low, _ in held], [high for _, _, high in held]
                    axis.fill_between([x for x, _, _ in held], lows, highs, color=color, alpha=0.15, linewidth=0)
            axis.set_title(titles.get(column, column), fontsize=9)
            axis.set_xscale("log")
            # Ticks at the points themselves; powers of ten would leave most of them without one.
            axis.set_xticks([point["sentences"] for point in points], [f"{p['sentences']:,}" for p in points])
            axis.minorticks_off()
            axis.tick_params(axis="x", labelrotation=45)
            axis.set_ylim(0, 1)
            axis.grid(color="#8a949e", alpha=0.25)
        axes[0].set_ylabel("F1")
        label = f"F1 by annotated sentences: {systems[0]} solid, with its 95 % interval"
        return _svg(figure, label + "".join(f"; {other} dashed" for other in systems[1:]))


def _svg(figure: Figure, label: str) -> str:
    """Give the figure as an element that takes the page's colour of text and says what it shows."""
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace("#000000", "currentColor")
    # Texts without a colour of their own are black, which a dark page would swallow.
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" fill="currentColor" ', 1)
