"""The program behind the XGBoost image: SageMaker's built-in algorithm on the real library.

``contract`` reads what SageMaker lays out under /opt/ml, ``hyperparameters``
checks what the user asked for, ``data`` reads the channels, ``training`` ties
them to xgboost and ``serving`` answers requests for the result. Modules import
numpy and xgboost only inside functions: a job that must refuse its input does
so before it has paid for them, and unit tests of the checks need neither.
"""
