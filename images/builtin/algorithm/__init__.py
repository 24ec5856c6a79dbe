"""What the built-in algorithms share, laid beside each of them by its manifest's "include".

``contract`` reads what SageMaker lays out under /opt/ml, ``hyperparameters`` and
``parsers`` check what the user asked for, ``channels`` reads the data (``csv_text``,
``libsvm_text``, ``recordio`` with ``protobuf``, ``parquet``), ``training`` runs an
algorithm and says how it failed, ``lines`` prints metrics as the service's own
containers do, ``serving`` answers requests in the formats of ``requests`` and
``responses``. Modules import numpy and what is heavier only inside functions, so
that a job that must refuse its input does so before it has paid for them.
"""
