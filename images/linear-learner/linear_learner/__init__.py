"""SageMaker's linear learner: many linear models at once by stochastic gradients, the best kept."""
