# The bot alone: what it runs with, its code, its migrations. Built by: docker build -t discord-video-bot .
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data

WORKDIR /app

# It makes videos fit and play everywhere; without it the bot runs, too.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/*

COPY requirements/run.txt requirements/run.txt
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
    --require-hashes -r requirements/run.txt

# DATA_DIR=data, as a .env copied from .env.example says, is the volume too.
RUN groupadd --gid 10001 bot \
    && useradd --uid 10001 --gid bot --no-create-home --shell /usr/sbin/nologin bot \
    && install --directory --owner bot --group bot --mode 700 /data \
    && ln -s /data /app/data

COPY migrations migrations
COPY bot bot
COPY cogs cogs

USER 10001:10001
VOLUME /data

# The exec form, so that SIGTERM reaches the bot itself; its drain takes up to 20 s, so stop it with a longer time-out.
CMD ["python", "-m", "bot"]
