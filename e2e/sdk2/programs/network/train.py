"""A small network; also run by hand, to compare."""

import argparse
import os
from pathlib import Path

import numpy as np
import torch

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
parser.add_argument("--lr", type=float)
parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
args = parser.parse_args()

torch.manual_seed(1)
torch.set_num_threads(1)
rows = np.concatenate([np.loadtxt(file, delimiter=",") for file in sorted(args.train.iterdir())])
x = torch.tensor(rows[:, 1:], dtype=torch.float32)
x = (x - x.mean(0)) / x.std(0)
y = torch.tensor(rows[:, :1], dtype=torch.float32)
network = torch.nn.Sequential(
    torch.nn.Linear(x.shape[1], 8), torch.nn.ReLU(), torch.nn.Linear(8, 1)
)
optimizer = torch.optim.Adam(network.parameters(), lr=args.lr)
for _ in range(args.epochs):
    optimizer.zero_grad()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(network(x), y)
    loss.backward()
    optimizer.step()
print(f"loss: {loss.item():.6f}; master: {os.environ.get('MASTER_ADDR')}")
weights = {name: value.numpy() for name, value in network.state_dict().items()}
np.savez(args.model_dir / "weights.npz", **weights)
