"""A random forest on CSV files whose first column is the label."""

import argparse
import json
import os
from pathlib import Path

import joblib
import pandas as pd
import tinydb  # of requirements.txt
from reading import labels_and_features
from sklearn.ensemble import RandomForestClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--n-estimators", type=int, default=10)
parser.add_argument("--max-depth", type=int)
parser.add_argument("--criterion", default="gini")
parser.add_argument("--model-dir", type=Path, default=os.environ["SM_MODEL_DIR"])
parser.add_argument("--train", type=Path, default=os.environ["SM_CHANNEL_TRAIN"])
parser.add_argument("--validation", type=Path, default=os.environ["SM_CHANNEL_VALIDATION"])
args = parser.parse_args()

y, x = labels_and_features(args.train)
model = RandomForestClassifier(
    n_estimators=args.n_estimators,
    max_depth=args.max_depth,
    criterion=args.criterion,
    random_state=7,
).fit(x, y)
held_y, held_x = labels_and_features(args.validation)
print(f"accuracy={model.score(held_x, held_y):.6f}")
joblib.dump(model, args.model_dir / "model.joblib")
facts = {
    "hyperparameters": json.loads(os.environ["SM_HPS"]),
    "tinydb": tinydb.__version__,
    "rows": len(pd.DataFrame(x)),
}
(args.model_dir / "facts.json").write_text(json.dumps(facts))
