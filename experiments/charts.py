"""The tables' figures, by matplotlib (extra `docs`): light, small, in colours that colour-blind readers tell apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#8a8a8a"     # after Okabe and Ito
LOOK = {
    "font.size": 8, "axes.titlesize": 8, "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.grid": True,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#b0b0b0", "axes.axisbelow": True,
    "grid.color": "#ececec", "grid.linewidth": 0.6, "xtick.color": "#505050", "ytick.color": "#505050",
    "figure.facecolor": "white", "axes.facecolor": "white", "svg.fonttype": "none", "svg.hashsalt": "patchloom",
    "font.family": "sans-serif",
}


def draw(path: Path, chart: Callable[..., Any], *args: Any) -> bool:
    """Draw a chart into a file; say so and return False where matplotlib is missing."""
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        print(f'no figure {path.name}: needs matplotlib; pip install "patchloom[docs]"')
        return False
    with matplotlib.rc_context(LOOK):
        figure = chart(pyplot, *args)
        path.parent.mkdir(parents=True, exist_ok=True)
        plain = {"metadata": {"Date": None}} if path.suffix == ".svg" else {"dpi": 110}      # the same bytes again
        figure.savefig(path, bbox_inches="tight", pad_inches=0.08, **plain)
        pyplot.close(figure)
    print(path)
    return True


def trade_offs(
    pyplot: Any, table: Mapping[str, Any], groups: Mapping[str, Sequence[str]],
    axes: Sequence[tuple[str, str, float, float]],
) -> Any:
    """Panels for each group of settings, whose first is what the others are compared with.

    `axes` has for each panel of a group the metrics to the right and upwards, and their units.
    """
    columns = 4 if len(axes) > 1 else 2
    lines = -(-len(groups) * len(axes) // columns)
    figure, grid = pyplot.subplots(lines, columns, figsize=(2.9 * columns, 2.35 * lines), squeeze=False)
    figure.tight_layout(w_pad=2.2, h_pad=2.6)                # first, for labels go by the panels' sizes
    panels = list(grid.flat)
    for number, (group, settings) in enumerate(groups.items()):
        for offset, axis in enumerate(axes):
            panel = panels[number * len(axes) + offset]
            scatter(panel, {name: table["settings"][name]["metrics"] for name in settings}, settings[0], axis)
            panel.set_title(group)
    for panel in panels[len(groups) * len(axes):]:
        panel.set_visible(False)
    return figure


def scatter(
    panel: Any, settings: Mapping[str, Any], base: str, axis: tuple[str, str, float, float]
) -> None:
    """Draw the base, and settings as far from it as they differ pair by pair, with that difference's standard error."""
    right, up, unit_right, unit_up = axis
    points, still = [], {"mean": 0.0, "standard_error": None}
    for name, told in settings.items():
        if right not in told or up not in told:
            continue
        places, errors = [], []
        for metric, unit in ((right, unit_right), (up, unit_up)):
            moved = told[metric].get("difference", still)
            places.append((settings[base][metric]["mean"] + moved["mean"]) / unit)
            errors.append((moved["standard_error"] or 0) / unit)
        x, y = places
        colour = RED if name == base else BLUE
        panel.errorbar(x, y, xerr=errors[0], yerr=errors[1], fmt="o", ms=4.5 if name == base else 3.5, color=colour,
                       elinewidth=0.6, ecolor="#c8c8c8")
        points.append((x, y, short(name), colour))
    panel.margins(x=0.12, y=0.15)
    label(panel, points)
    panel.set_xlabel(named(right, unit_right), labelpad=1)
    panel.set_ylabel(named(up, unit_up), labelpad=1)


def label(panel: Any, points: Sequence[tuple[float, float, str, str]], size: float = 6.5) -> None:
    """Name points, to the side where there is room, and one above the other where they are close."""
    (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
    width, height = (side * 72 for side in panel.figure.get_size_inches())
    box = panel.get_position()
    width, height = width * box.width / (right - left), height * box.height / (high - low)       # points per unit
    taken: list[tuple[float, float, float]] = []                                                 # left, right, middle
    for x, y, name, colour in sorted(points, key=lambda point: point[1]):
        long, leftwards = 0.56 * size * len(name), x > (left + right) / 2
        start = x * width + (-5 - long if leftwards else 5)
        middle = y * height + 2
        for other_start, other_end, other in taken:
            if other_start < start + long and start < other_end and middle < other + size + 0.5:
                middle = other + size + 0.5
        taken.append((start, start + long, middle))
        text = panel.annotate(name, (x, y), xytext=(-5 if leftwards else 5, middle - y * height), va="center",
                              textcoords="offset points", ha="right" if leftwards else "left", color=colour,
                              fontsize=size)
        text.set_in_layout(False)


def named(metric: str, unit: float) -> str:
    """Return a metric's name with its unit."""
    return metric.replace("_", " ") + (f", {unit:.0e}".replace("e-0", "e-") if unit != 1 else "")


def short(name: str) -> str:
    """Return a setting's name without what its group says."""
    return name.partition(": ")[2] or name


def dots(pyplot: Any, table: Mapping[str, Any], metrics: Sequence[tuple[str, float]], ours: str) -> Any:
    """Draw a panel for each metric and a line for each setting: mean and two standard errors."""
    settings = list(table["settings"])
    shown = [(metric, unit) for metric, unit in metrics
             if any(metric in table["settings"][name]["metrics"] for name in settings)]
    figure, panels = pyplot.subplots(
        1, len(shown), figsize=(1.35 * len(shown) + 1.3, 0.24 * len(settings) + 0.7), sharey=True, squeeze=False
    )
    for panel, (metric, unit) in zip(panels[0], shown, strict=True):
        for line, name in enumerate(reversed(settings)):
            told = table["settings"][name]["metrics"].get(metric, {"n": 0})
            if told["n"]:
                colour = GREY if table["settings"][name]["files"] else RED if name == ours else BLUE
                panel.errorbar(told["mean"] / unit, line, xerr=2 * (told["standard_error"] or 0) / unit, fmt="o",
                               ms=4, color=colour, elinewidth=1)
        panel.set_title(named(metric, unit), fontsize=6.5)
        panel.set_yticks(range(len(settings)), list(reversed(settings)))
        panel.tick_params(axis="y", length=0)
        panel.locator_params(axis="x", nbins=4)
        panel.margins(x=0.15)
    figure.tight_layout(w_pad=0.6)
    return figure


def growth(pyplot: Any, cells: Sequence[Mapping[str, Any]]) -> Any:
    """Draw seconds and memory against the picture's side, each line labelled at its end."""
    figure, (time, memory) = pyplot.subplots(1, 2, figsize=(6.4, 2.8))
    sizes = sorted({cell["size"] for cell in cells})
    lines = [(f"{threads} thread{'s' * (threads > 1)}", colour, [
        next(cell["median"] for cell in cells if (cell["size"], cell["threads"]) == (size, threads)) for size in sizes
    ]) for threads, colour in zip(sorted({cell["threads"] for cell in cells}), (BLUE, ORANGE), strict=False)]
    products = [next(cell["products"] for cell in cells if cell["size"] == size) for size in sizes]
    lines.append(("one product search", GREY, products))
    most = [max(cell["grown"] for cell in cells if cell["size"] == size) / 1e6 for size in sizes]
    lined(time, sizes, lines)
    lined(memory, sizes, [("measured", BLUE, most)])
    time.set_title("seconds")
    memory.set_title("memory that a run adds, MB")
    for panel in (time, memory):
        panel.set_xlabel("side of a square picture, px", labelpad=1)
        panel.set_xticks(sizes, [str(size) for size in sizes])
        panel.minorticks_off()
    figure.tight_layout()
    return figure


def lined(panel: Any, sizes: Sequence[int], lines: Sequence[tuple[str, str, Sequence[float]]]) -> None:
    """Draw lines on logarithmic axes with their names at the ends."""
    panel.set_xscale("log")
    panel.set_yscale("log")
    for number, (name, colour, values) in enumerate(lines):
        panel.plot(sizes, values, "o-", ms=3, lw=1.2, color=colour)
        panel.annotate(name, (sizes[-1], values[-1]), xytext=(-2, 6 if number != 1 else -17),
                       textcoords="offset points", ha="right", color=colour, fontsize=7)
    panel.margins(y=0.15)
