# A built-in algorithm for a container engine:
#   docker build -t kmeans -f images/algorithms.Dockerfile --build-arg IMAGE=kmeans images
FROM python:3.11-slim
ARG IMAGE
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*
COPY ${IMAGE}/ /opt/program/
RUN deps=$(grep -q noDependencies /opt/program/manifest.json && echo --no-deps || true) \
    && pip install --no-cache-dir $deps -r /opt/program/requirements.txt
COPY builtin toolkit /opt/program/
RUN chmod 0755 /opt/program/train /opt/program/serve && python -m compileall -q /opt/program
ENV PATH=/opt/program:$PATH PYTHONUNBUFFERED=1
WORKDIR /opt/program
EXPOSE 8080
# SageMaker runs `docker run IMAGE train` and `docker run IMAGE serve`.
