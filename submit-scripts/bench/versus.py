"""Runs `mim bench step` and pytorch_step.py in turns and prints the table of ratios; see bench-vs-pytorch."""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROWS = {
    "tiny": ("ViT-Ti/8, 64 px", ["localmim", "vit-tiny", 64, 8, 128, 8, 64]),
    "small": ("ViT-S/16, 224 px", ["localmim", "vit-small", 224, 16, 256, 8, 32]),
    "base": ("ViT-B/16, 224 px", ["localmim", "vit-base", 224, 16, 256, 8, 16]),
    "mae": ("MAE ViT-B/16, 224 px", ["mae", "vit-base", 224, 16, 512, 16, 16]),
    "swin": ("Swin-B, 224 px", ["localmim", "swin-base", 224, 4, 128, 4, 16]),
}
OPTIONS = ["--method", "--arch", "--image-size", "--patch-size", "--decoder-dim", "--decoder-heads", "--batch"]
OURS = ["SparkMIM f32", "SparkMIM bf16"]
THEIRS = ["eager f32", "eager bf16", "compiled f32", "compiled bf16"]


def command(contestant, sizes, args):
    shape = [str(word) for pair in zip(OPTIONS, sizes) for word in pair]
    way, precision = contestant.rsplit(" ", 1)
    if contestant in OURS:
        base = [str(HERE.parent / "mim"), "bench", "step", "--engine", "onednn", "--json"]
    else:
        base = [sys.executable, str(HERE / "pytorch_step.py"), "--threads", str(args.threads)]
        base += ["--compile"] if way == "compiled" else []
    return base + shape + ["--precision", precision, "--steps", str(args.steps)]


def measure(contestant, sizes, args):
    environment = dict(os.environ, OMP_NUM_THREADS=str(args.threads))
    done = subprocess.run(command(contestant, sizes, args), env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench-vs-pytorch: {contestant} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(prog="bench-vs-pytorch")
    parser.add_argument("--rows", default=",".join(ROWS), help="of " + ", ".join(ROWS))
    parser.add_argument("--rounds", type=int, default=3, help="how often each one has its turn")
    parser.add_argument("--steps", type=int, default=10, help="counted steps of a turn; three more warm up")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--json", metavar="FILE", help="where to write every single result")
    args = parser.parse_args()
    unknown = [row for row in args.rows.split(",") if row not in ROWS]
    if unknown:
        parser.error(f"--rows {unknown[0]}: allowed are {', '.join(ROWS)}")

    everything = {}
    lines = []
    for row in args.rows.split(","):
        title, sizes = ROWS[row]
        rates = {name: [] for name in OURS + THEIRS}
        peaks = {name: 0 for name in rates}
        for turn in range(args.rounds):
            for name in rates:
                print(f"\r{title}: turn {turn + 1} of {args.rounds}, {name}" + " " * 12, end="", file=sys.stderr)
                result = measure(name, sizes, args)
                rates[name].append(result["images_per_second"]["median"])
                peaks[name] = max(peaks[name], result["peak_resident_bytes"])
        print(file=sys.stderr)
        everything[row] = {"images_per_second": rates, "peak_resident_bytes": peaks}
        median = {name: statistics.median(values) for name, values in rates.items()}
        best = max(median[name] for name in THEIRS)
        best_f32 = max(median["eager f32"], median["compiled f32"])
        lines.append((title, sizes[-1], rates, median, median[OURS[1]] / best, median[OURS[0]] / best_f32, peaks))

    print(f"Images/s of a training step, median of {args.rounds} turns (smallest to largest), {args.threads} threads")
    print("| model | " + " | ".join(OURS + ["PyTorch " + name for name in THEIRS]) + " | bf16 / best | f32 / best f32 |")
    print("|---" * (len(OURS + THEIRS) + 3) + "|")
    for title, batch, rates, median, ratio, ratio_f32, _ in lines:
        cells = [f"{median[n]:.1f} ({min(rates[n]):.1f} to {max(rates[n]):.1f})" for n in rates]
        print(f"| {title}, batch {batch} | " + " | ".join(cells) + f" | {ratio:.2f} | {ratio_f32:.2f} |")
    print("\nPeak resident memory, MiB")
    print("| model | " + " | ".join(OURS + ["PyTorch " + name for name in THEIRS]) + " |")
    print("|---" * (len(OURS + THEIRS) + 1) + "|")
    for title, _, _, _, _, _, peaks in lines:
        print(f"| {title} | " + " | ".join(f"{peaks[name] / 2**20:,.0f}" for name in peaks) + " |")
    if args.json:
        Path(args.json).write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
