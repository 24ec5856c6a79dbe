"""The user's own training with XGBoost, which keeps the model where SageMaker looks."""

import argparse
import os
from pathlib import Path

import numpy as np
import xgboost

parser = argparse.ArgumentParser()
parser.add_argument("--num_round", type=int)
parser.add_argument("--max_depth", type=int)
args = parser.parse_args()

channel = Path(os.environ["SM_CHANNEL_TRAIN"])
rows = np.concatenate([np.loadtxt(file, delimiter=",") for file in sorted(channel.iterdir())])
model = xgboost.train(
    {"objective": "binary:logistic", "max_depth": args.max_depth, "nthread": 1},
    xgboost.DMatrix(rows[:, 1:], rows[:, 0]),
    args.num_round,
)
model.save_model(Path(os.environ["SM_MODEL_DIR"]) / "xgboost-model.json")
