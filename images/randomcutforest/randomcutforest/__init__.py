"""SageMaker's random cut forest: anomaly scores after Guha, Mishra, Roy and Schrijvers (2016)."""
