"""Makes replay.csv and schedules.csv: what PyTorch 1.13 computes for ReplayTest and ScheduleTest, in double precision.

    python3 replay.py        (Debian: python3-torch)
"""
import csv
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent
torch.set_default_dtype(torch.float64)


def mix64(x):
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def uniform(name, shape, low=-1.0, high=1.0):
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) & (2 ** 64 - 1)
    n = int(np.prod(shape))
    with np.errstate(over="ignore"):
        i = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(h)
        u = (mix64(i) >> np.uint64(40)).astype(np.float64) / 2.0 ** 24
    return torch.from_numpy((low + (high - low) * u).astype(np.float32).astype(np.float64)).reshape(shape)


class Net(nn.Module):
    """Images (4, 3, 8, 8) to (4, 2); head is a group of its own."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 8, 3, 1, 1)
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 2)
        self.unused = nn.Linear(2, 2)
        for name, p in self.named_parameters():
            p.data = uniform(name, p.shape, -0.5, 0.5) + (1.0 if name in ("bn1.weight", "norm.weight") else 0.0)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.conv2(x)) + F.pad(x, (0, 0, 0, 0, 0, 2))
        return self.head(self.norm(x.mean((2, 3))))


def group(model, lr, weight_decay):
    head = [p for n, p in model.named_parameters() if n.startswith("head")]
    rest = [p for n, p in model.named_parameters() if not n.startswith("head")]
    return [dict(params=rest, lr=lr * 0.1, weight_decay=weight_decay), dict(params=head, lr=lr, weight_decay=0.0)]


OPTIMISERS = {
    "sgd": lambda m: torch.optim.SGD(group(m, 0.1, 0.0), lr=0.1),
    "momentum": lambda m: torch.optim.SGD(group(m, 0.1, 1e-2), lr=0.1, momentum=0.9),
    "nesterov": lambda m: torch.optim.SGD(group(m, 0.1, 1e-2), lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda m: torch.optim.Adam(group(m, 0.01, 1e-2), lr=0.01),
    "adamw": lambda m: torch.optim.AdamW(group(m, 0.01, 1e-1), lr=0.01),
}


def replay():
    """optimiser, step, loss, gradient norm before clipping; then of the end: parameter or buffer, sum, sum of squares."""
    rows = []
    for name, build in OPTIMISERS.items():
        model, images, target = Net().train(), uniform("images", (4, 3, 8, 8)), uniform("target", (4, 2), -2, 2)
        average = {n: p.detach().clone() for n, p in model.named_parameters()}
        optimiser = build(model)
        schedule = torch.optim.lr_scheduler.StepLR(optimiser, 10, 0.1)
        for step in range(25):
            optimiser.zero_grad()
            prediction = model(images)
            loss = F.l1_loss(prediction, target) + 0.1 * torch.norm(prediction - target, dim=1).mean()
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.3)
            optimiser.step()
            schedule.step()
            for n, p in model.named_parameters():
                average[n] = 0.9 * average[n] + 0.1 * p.detach()
            rows.append([name, step, loss.item(), norm.item()])
        tensors = dict(model.state_dict())
        tensors.update({"average." + n: a for n, a in average.items()})
        for n, t in tensors.items():
            if not n.endswith("num_batches_tracked"):
                rows.append([name, n, t.sum().item(), (t * t).sum().item()])
    return rows


def schedules():
    """schedule, step, factor."""
    L = torch.optim.lr_scheduler
    chain = lambda o: L.ChainedScheduler([L.LinearLR(o, 0.1, total_iters=5), L.StepLR(o, 8, 0.5)])
    makers = {"step": lambda o: L.StepLR(o, 7, 0.1), "cosine": lambda o: L.CosineAnnealingLR(o, 20, 0.05 * 0.3),
              "warmup": lambda o: L.LinearLR(o, 0.25, total_iters=6), "chained": chain,
              "sequential": lambda o: L.SequentialLR(o, [L.LinearLR(o, 0.1, total_iters=5), L.CosineAnnealingLR(o, 15)], [5])}
    rows = []
    for name, make in makers.items():
        optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
        schedule = make(optimiser)
        for step in range(20):
            rows.append([name, step, optimiser.param_groups[0]["lr"] / 0.3])
            optimiser.step()
            schedule.step()
    return rows


if __name__ == "__main__":
    for file, rows in (("replay.csv", replay()), ("schedules.csv", schedules())):
        with open(HERE / file, "w", newline="") as f:
            csv.writer(f, lineterminator="\n").writerows(rows)
