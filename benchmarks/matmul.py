"""How fast this machine multiplies 32-bit matrices of one layer's sizes: a bound on what the network can reach.

    python -m benchmarks.matmul TOKENS WIDTH INNER

Each line on standard input is answered by the GFLOP a second of a short measurement.
"""

import sys
import time
from typing import Final

import numpy as np

_SECONDS: Final = 0.5


def main() -> None:
    """Measure once a line."""
    tokens, width, inner = map(int, sys.argv[1:])
    shapes = [(width, width)] * 4 + [(width, inner), (inner, width)]
    draw = np.random.default_rng(0)
    pairs = [
        (draw.random((tokens, rows), np.float32), draw.random((rows, columns), np.float32)) for rows, columns in shapes
    ]
    results = [left @ right for left, right in pairs]
    flop = sum(2 * tokens * rows * columns for rows, columns in shapes)
    for _ in sys.stdin:
        began, count = time.perf_counter(), 0
        while (passed := time.perf_counter() - began) < _SECONDS:
            for (left, right), result in zip(pairs, results, strict=True):
                np.matmul(left, right, out=result)
            count += 1
        sys.stdout.write(f"{count * flop / passed / 1e9}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
