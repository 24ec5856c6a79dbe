"""Script mode: the user's own program inside a framework image.

The images for scikit-learn, PyTorch and XGBoost share this package. It keeps the
contract of SageMaker's own training and inference toolkits, which are not used
themselves: they build C code on installation, preload a library into every
program, and write to /etc and /tmp/done as if they owned the machine.

Training: ``contract`` reads what lies under /opt/ml, ``hyperparameters`` decodes,
``source`` fetches the user's code, ``overlay`` gives the job packages of its own,
``variables`` writes the SM_* variables, ``launch`` and ``mpi`` choose the command,
``process`` runs it, ``peers`` lets the first host run commands on the others, and
``training`` ties them together. Serving: ``handlers`` are the user's functions and
their defaults, ``codecs`` the content types, ``http`` the server, and ``serving``
ties those together. The built-in algorithms use ``contract`` and ``http``, too.

Libraries are imported inside functions only: a program starts as fast as its
imports, and most jobs need few of them.
"""
