# The studio's server: the light core and the web extra, no torch, not as root.
#
#   docker build -t drumscribe-studio .
#   docker run --rm -p 127.0.0.1:8000:8000 -v drumscribe:/data \
#       -e DRUMSCRIBE_STUDIO_TOKEN="$(openssl rand -hex 16)" drumscribe-studio

FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY examples examples
RUN python -m venv /opt/drumscribe \
    && /opt/drumscribe/bin/pip install --no-cache-dir --no-compile ".[web]" \
    && /opt/drumscribe/bin/pip uninstall --yes pip

FROM python:3.12-slim
COPY --from=build /opt/drumscribe /opt/drumscribe
RUN useradd --system --uid 10001 --home-dir /data drumscribe \
    && install --directory --owner=drumscribe --mode=700 /data
USER drumscribe
VOLUME /data
EXPOSE 8000
ENV PYTHONDONTWRITEBYTECODE=1
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/opt/drumscribe/bin/python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
# Reached from outside the container, so DRUMSCRIBE_STUDIO_TOKEN must be set; it refuses to start
# without.
ENTRYPOINT ["/opt/drumscribe/bin/drumscribe", "studio", "--host", "0.0.0.0", "--no-browser", \
    "--data", "/data"]
CMD ["--workers", "1"]
