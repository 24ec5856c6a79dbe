"""SageMaker's k-means: mini-batches with more centers than wanted, then Lloyd's method."""
