# The bot alone: what it runs with, its code, its migrations. Built by `make image`; docs/deploy.md has the rest.

# The tag is for people, the digest is what is used: 3.11.16, looked up on 2026-09-21.
FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b AS base

# --- What it runs with, and its code, both compiled: the image's files are never written to. ---
FROM base AS build

WORKDIR /app

COPY requirements/run.txt /build/run.txt
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check \
    --root-user-action=ignore --only-binary :all: --require-hashes -r /build/run.txt

COPY migrations migrations
COPY bot bot
COPY cogs cogs
# Readable for its user, whatever the umask of the checkout was. DATA_DIR=data, as a .env copied from .env.example says, is the volume too.
RUN python -m compileall -q --invalidation-mode unchecked-hash bot cogs migrations \
    && chmod -R a+rX,go-w . \
    && ln -s /data data

# --- The image. ---
FROM base

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    HTTP_PORT=8080

WORKDIR /app

# It makes videos fit and play everywhere; without it the bot runs, too.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/*

RUN groupadd --gid 10001 bot \
    && useradd --uid 10001 --gid bot --no-create-home --shell /usr/sbin/nologin bot \
    && install --directory --owner bot --group bot --mode 700 /data

COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app

ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="discord-video-bot" \
      org.opencontainers.image.description="A Discord bot that turns prompts and pictures into videos, and replies into remixes." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

USER 10001:10001
VOLUME /data

# Whether only a restart helps (docs/monitoring.md). No proxy of the container is asked; with an empty HTTP_PORT, nobody.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-I", "-S", "-c", "import os; from urllib.request import ProxyHandler, build_opener; port = os.environ.get('HTTP_PORT'); port and build_opener(ProxyHandler({})).open(f'http://127.0.0.1:{port}/healthz', timeout=4)"]

# The exec form, so that SIGTERM reaches the bot itself; its drain takes up to 20 s, so stop it with a longer time-out.
CMD ["python", "-m", "bot"]
