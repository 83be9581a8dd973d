# Pin it to what you have checked: --build-arg BASE=python:3.12-slim@sha256:…, see docs/installation.md.
ARG BASE=python:3.12-slim

# The venv is built in a stage of its own: the image runs without pip and compilers.
FROM ${BASE} AS build
WORKDIR /src
RUN python -m venv /opt/wxa-exporter
ENV PATH=/opt/wxa-exporter/bin:$PATH
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY exporter ./exporter
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && pip uninstall --yes setuptools pip

FROM ${BASE}
ARG BASE
ARG REVISION=""
LABEL org.opencontainers.image.title="wxa-exporter" \
      org.opencontainers.image.description="Prometheus exporter for the data analysis of WeChat Mini Programs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
COPY --from=build /opt/wxa-exporter /opt/wxa-exporter
# Nothing is written outside /data, so that the root file system can be read-only.
ENV PATH=/opt/wxa-exporter/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# A number, because Kubernetes' runAsNonRoot cannot look names up.
RUN install -d -o 10868 -g 10868 /data
USER 10868:10868
# The archive, sqlite:///wxa-exporter.db, is relative to it.
WORKDIR /data
VOLUME /data
EXPOSE 10868
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["python", "-m", "exporter.web.healthcheck", "10868"]
ENTRYPOINT ["wxa-exporter"]
CMD ["serve", "--config.file=/etc/wxa-exporter/config.yaml"]
