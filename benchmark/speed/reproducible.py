"""What `--reproducible` costs in a training: steps of one network, capped and not, in turn.

Run as ``python benchmark/speed/reproducible.py``; it prints processor seconds of each pair. The
network is one of lt-cifar's at the size of its fidelity mini, on images of random pixels.
"""

import os
import subprocess
import sys
import time

from imbnas.execution.caps import CAPS
from imbnas.runs.worker_environment import SINGLE_THREADED

PAIRS, STEPS, BATCH = 3, 40, 128
NODES = (
    "nor_conv_3x3~0", "avg_pool_3x3~0|nor_conv_1x1~1",
    "skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2",
)  # fmt: skip


def train() -> float:
    """Processor seconds of some steps, after a few that warm up."""
    import torch
    import torch.nn.functional as F

    from imbnas.spaces import NetworkShape, get_space

    torch.set_num_threads(1)
    shape = NetworkShape(width=8, depth=1, resolution=16, in_channels=3, num_classes=10)
    network = get_space("nats-tss").build("+".join(f"|{each}|" for each in NODES), shape)
    if not isinstance(network, torch.nn.Module):
        raise TypeError("not a module")
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    images, labels = torch.rand(BATCH, 3, 16, 16), torch.arange(BATCH) % 10
    start = 0.0
    for step in range(STEPS + 5):
        if step == 5:
            start = time.process_time()
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(F.cross_entropy(network(images), labels))
        optimizer.step()
    return time.process_time() - start


def seconds(**environment: str) -> float:
    """Of a new process with this environment."""
    done = subprocess.run(
        [sys.executable, __file__, "train"],
        env=os.environ | SINGLE_THREADED | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)


def main() -> None:
    ratios = []
    for _ in range(PAIRS):
        capped, plain = seconds(**CAPS), seconds()
        ratios.append(capped / plain)
        sys.stdout.write(f"capped {capped:.2f} s, not {plain:.2f} s: {ratios[-1]:.2f}\n")
    sys.stdout.write(f"median ratio {sorted(ratios)[PAIRS // 2]:.2f}\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["train"]:
        sys.stdout.write(str(train()))
    else:
        main()
