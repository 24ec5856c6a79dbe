"""Time one job of the SageMaker SDK's local mode: fit() of an image that does nothing.

Usage: python local_mode.py IMAGE, with the SDK's version 2 and Docker Compose. It prints
seconds. The image must have an executable `train`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import time

os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")

from sagemaker.estimator import Estimator
from sagemaker.local import LocalSession


def main() -> None:
    """Run it once to warm up, and once to be timed."""
    logging.disable(logging.CRITICAL)
    image = sys.argv[1]
    seconds = 0.0
    for _ in range(2):
        with tempfile.TemporaryDirectory() as output, contextlib.redirect_stdout(sys.stderr):
            session = LocalSession()
            session.config = {"local": {"local_code": True, "container_root": output}}
            estimator = Estimator(
                image_uri=image,
                role="arn:aws:iam::123456789012:role/Bench",
                instance_count=1,
                instance_type="local",
                output_path=f"file://{output}",
                sagemaker_session=session,
            )
            begun = time.monotonic()
            estimator.fit()
            seconds = time.monotonic() - begun
    print(f"{seconds:.3f}")


if __name__ == "__main__":
    main()
