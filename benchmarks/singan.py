"""SinGAN's training: what the parts of an iteration cost, and what the presets make, as Markdown tables.

    python benchmarks/singan.py --parts [--runs 15] [--presets default paper]
    python benchmarks/singan.py [PICTURE] [--max-size 48] [--presets default paper] [--iterations N] [--seeds 1]

All on one thread, in processor seconds. With `--parts`, steps of float32 and of bfloat16 take turns, so that a busy
machine slows all alike: medians. Else each preset trains a model for each seed, and eight samples of each are measured:
means over the seeds, with standard deviations, and beside them what noise of the picture's own mean colour and
covariance measures.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image

import patchloom
from patchloom import metrics, singan
from patchloom.singan.devices import computing, repeatable
from patchloom.singan.growing import as_tensor
from patchloom.singan.one_scale import Course, ScaleTraining

CPU = torch.device("cpu")
CASES = (((25, 33), 32), ((48, 64), 32), ((48, 64), 64))
MEASURES: dict[str, Callable[[Any, Any], Any]] = {
    "patch SWD": metrics.patch_swd, "coherence": metrics.coherence, "completeness": metrics.completeness,
    "sharpness": metrics.sharpness_ratio, "identity": metrics.identity_share,
}


def load(path: Path, side: int) -> np.ndarray:
    """Return a file at a longer side of so many pixels, uint8 (H, W, 3)."""
    image = Image.open(path).convert("RGB")
    image.thumbnail((side, side), Image.Resampling.BICUBIC)
    return np.asarray(image)


def matched_noise(source: np.ndarray, seed: int) -> np.ndarray:
    """Gaussian noise, each pixel by itself, of the mean and covariance of the source's colours."""
    colours = source.reshape(-1, source.shape[2]).astype(float)
    drawn = np.random.default_rng(seed).multivariate_normal(colours.mean(axis=0), np.cov(colours.T), len(colours))
    return np.clip(drawn + 0.5, 0, 255).astype(np.uint8).reshape(source.shape)


def steps_of(preset: str, size: tuple[int, int], width: int, precision: str) -> dict[str, Callable[[], Any]]:
    """Return one step of each network, ready to be done again and again."""
    params = replace(singan.PRESETS[preset], channels=width)
    real = np.random.default_rng(0).random((*size, 3)).astype(np.float32)
    training = ScaleTraining(Course(params, 1, (as_tensor(real, CPU),), params.ratio, CPU, precision), ())
    noise, previous = training.course.draw(0, size, 0), training._drawn_below(0, 0)

    def within(step: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        def call() -> None:
            with computing(CPU, precision):
                step(noise, previous, *arguments)

        return call

    return {f"critic, {precision}": within(training._critic_step, 0.5),
            f"generator, {precision}": within(training._generator_step)}


def print_parts(preset: str, runs: int) -> None:
    """Print the table of the steps of a preset's networks."""
    names = [f"{part}, {precision}" for precision in ("float32", "bfloat16") for part in ("critic", "generator")]
    print(f"\n{preset}: torch {torch.__version__}, one thread, milliseconds of one step\n")
    print("| picture | channels |", " | ".join(names), "|")
    print("|---" * (len(names) + 2) + "|")
    for size, width in CASES:
        calls = {**steps_of(preset, size, width, "float32"), **steps_of(preset, size, width, "bfloat16")}
        seconds: dict[str, list[float]] = {name: [] for name in names}
        for run in range(runs + 2):
            for name in names:
                start = time.process_time()
                calls[name]()
                if run >= 2:                              # the first ones set things up
                    seconds[name].append(time.process_time() - start)
        told = " | ".join(f"{1000 * median(seconds[name]):.1f}" for name in names)
        print(f"| {size[1]} x {size[0]} | {width} | {told} |", flush=True)


def trained(source: np.ndarray, params: singan.SinGANParams, seed: int) -> list[float]:
    """Return processor seconds of a training, its last error, and what eight samples measure."""
    start = time.process_time()
    model = singan.train(source, params=params, seed=seed, device="cpu", threads=1)
    seconds = time.process_time() - start
    made = [singan.sample(model, seed=100 + drawn, device="cpu", threads=1).image for drawn in range(8)]
    row = [np.mean([float(measure(one, source)) for one in made]) for measure in MEASURES.values()]
    return [seconds, model.scales[-1].error, *row, metrics.pixel_diversity(made, source)]


def print_presets(source: np.ndarray, presets: dict[str, singan.SinGANParams], seeds: int) -> None:
    """Print the table of presets."""
    noise = [metrics.patch_swd(matched_noise(source, seed), source) for seed in range(8)]
    print(f"{source.shape[1]} x {source.shape[0]} pixels; patchloom {patchloom.__version__}, torch {torch.__version__}")
    print(f"Patch SWD of matched noise: {np.mean(noise):.4f} (standard deviation {np.std(noise):.4f})\n")
    columns = ("seconds", "error", *MEASURES, "diversity")
    print("| preset |", " | ".join(columns), "|")
    print("|---" * (len(columns) + 1) + "|")
    for name, params in presets.items():
        rows = np.array([trained(source, params, seed) for seed in range(1, seeds + 1)])
        told = " | ".join(f"{mean:.3g} ± {spread:.2g}" for mean, spread in zip(rows.mean(0), rows.std(0), strict=True))
        print(f"| {name} | {told} |", flush=True)


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    examples = Path(__file__).resolve().parent.parent / "examples" / "pictures"
    parser.add_argument("picture", nargs="?", type=Path, default=examples / "flowers.png")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--max-size", type=int, default=48)
    parser.add_argument("--presets", nargs="+", default=["default", "paper"], choices=list(singan.PRESETS))
    parser.add_argument("--iterations", type=int, help="at a scale, instead of the presets' own")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    if options.parts:
        with repeatable(CPU, 1):
            for preset in options.presets:
                print_parts(preset, options.runs)
        return
    presets = {name: singan.PRESETS[name] for name in options.presets}
    if options.iterations:
        presets = {name: replace(params, iterations=options.iterations) for name, params in presets.items()}
    print_presets(load(options.picture, options.max_size), presets, options.seeds)


if __name__ == "__main__":
    main()
