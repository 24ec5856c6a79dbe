"""SageMaker's principal component analysis, exact from the covariance or from a random sketch."""
