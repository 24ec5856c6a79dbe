"""LightGBM as a built-in algorithm: SageMaker's hyperparameters and layout on the real library."""
