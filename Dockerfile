FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/klat \
    && /opt/klat/bin/pip install --require-hashes -r requirements.txt -r requirements-build.txt
COPY pyproject.toml README.md ./
COPY schemas schemas
COPY tracking tracking
COPY consumers consumers
COPY notifier notifier
RUN /opt/klat/bin/pip install --no-deps --no-build-isolation . \
    && /opt/klat/bin/pip uninstall --yes setuptools pip

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="klat" \
      org.opencontainers.image.description="Self-hosted last-mile parcel tracking" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/klat /opt/klat
ENV PATH=/opt/klat/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    KLAT_DATA_DIR=/tmp/klat KLAT_LOG_FORMAT=json KLAT_HTTP_PORT=8080 KLAT_OPS_PORT=9090
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['KLAT_OPS_PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["klat"]
# The operator's port answers inside the container; docker-compose.yml opens it to its own network.
CMD ["serve", "web"]
