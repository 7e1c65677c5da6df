"""The two pictures as Python tools draw them, with pandas, seaborn and matplotlib: plots.py <calls> <prefix>.

Five scatter series over the calls; then a line a call and the number of active calls in each second.
"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.collections import LineCollection


def calls_of(count):
    for i in range(count):
        start = i // 100 * 1.6 + i * 7919 % 100 / 1000
        end = start + 0.5 + i * 104729 % 1000 / 1000
        yield {
            "call_id": f"{i:05}",
            "host_submit": 0.001,
            "function_start": start,
            "function_end": end,
            "status_done": end + 0.002,
            "result_done": end + 0.003,
        }


def timeline(frame, path):
    figure, axes = plt.subplots(figsize=(10, 6))
    palette = sns.color_palette("deep", 10)
    rows = np.arange(len(frame))
    for color, name in zip(palette, frame.columns[1:]):
        axes.scatter(frame[name], rows, color=color, s=10, alpha=0.8, edgecolor="none", label=name)
    axes.set(xlabel="Execution Time (sec)", ylabel="Function Call")
    axes.legend(loc="upper right", frameon=True)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def histogram(frame, path):
    figure, axes = plt.subplots(figsize=(10, 6))
    start, end = frame.function_start.to_numpy(), frame.function_end.to_numpy()
    lines = [[(s, row), (e, row)] for row, (s, e) in enumerate(zip(start, end))]
    axes.add_collection(LineCollection(lines, color="k", alpha=0.6, linewidth=0.4))
    seconds = np.arange(np.ceil(end.max()) + 1)
    active = np.searchsorted(np.sort(start), seconds, "right") - np.searchsorted(np.sort(end), seconds, "right")
    axes.plot(seconds, active, label="Total Active Calls")
    axes.set(xlabel="Execution Time (sec)", ylabel="Function Call", ylim=(0, len(frame) * 1.02))
    axes.legend(loc="upper right")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def main():
    count, prefix = int(sys.argv[1]), sys.argv[2]
    sns.set_style("whitegrid")
    frame = pd.DataFrame(list(calls_of(count)))
    timeline(frame, f"{prefix}_timeline.png")
    histogram(frame, f"{prefix}_histogram.png")
    print(count, flush=True)


main()
