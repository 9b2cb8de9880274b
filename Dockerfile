# syntax=docker/dockerfile:1
# The suite as an image: a user without rights, no compiler, nothing written but under /evidence.
#
#   docker build --tag wallaroo-conformance .
#   docker run --rm --read-only --cap-drop ALL --env WALLAROO_CONFORMANCE_TOKEN \
#       --volume "$PWD/evidence:/evidence" --user "$(id -u):$(id -g)" wallaroo-conformance run --target https://…
#
# The base is pinned by version. Whoever publishes the image pins it by digest as well:
#   --build-arg BASE=python:3.11.14-slim-bookworm@sha256:…
ARG BASE=python:3.11.14-slim-bookworm

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY conformance conformance
COPY deploy/constraints.txt deploy/constraints.txt
# The wheel is built apart; into the environment go only wheels, so that nothing needs a compiler.
RUN python -m pip wheel --no-deps --wheel-dir /wheels . \
    && python -m venv --without-pip /opt/conformance \
    && python -m pip --python /opt/conformance/bin/python install --only-binary :all: \
        --constraint deploy/constraints.txt /wheels/*.whl \
    && rm -rf /opt/conformance/lib/python3.11/site-packages/pyarrow/include \
        /opt/conformance/lib/python3.11/site-packages/pyarrow/tests

FROM ${BASE}
LABEL org.opencontainers.image.title="wallaroo-conformance" \
      org.opencontainers.image.description="Contract tests and API conformance for the Wallaroo MLOps API's model management" \
      org.opencontainers.image.licenses="Apache-2.0"
# A check carries out the documented curl commands. Debian keeps only the newest build of a version, so none is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner 10001 --group 10001 --mode 0770 /evidence
ENV PATH=/opt/conformance/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /opt/conformance /opt/conformance
COPY --chmod=755 deploy/sonobuoy/entry.sh /opt/conformance/bin/wallaroo-conformance-sonobuoy
VOLUME /evidence
WORKDIR /evidence
# By number: Kubernetes can't tell from a name that it isn't root.
USER 10001:10001
ENTRYPOINT ["wallaroo-conformance"]
CMD ["--help"]
