# mockzoom for receivers in any language:
#   docker build -t mockzoom .
#   docker run --rm --network host -v "$PWD:/work" -e MOCKZOOM_SECRET mockzoom verify http://127.0.0.1:3000/webhook
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY mockzoom mockzoom
COPY specs specs
COPY scenarios scenarios
RUN python -m venv /opt/mockzoom \
    && /opt/mockzoom/bin/pip install --no-cache-dir --disable-pip-version-check . \
    && /opt/mockzoom/bin/pip uninstall --yes --quiet pip

FROM python:3.12-slim
COPY --from=build /opt/mockzoom /opt/mockzoom
ENV PATH="/opt/mockzoom/bin:$PATH"
RUN useradd --uid 10001 --no-create-home mockzoom \
    && install --directory --owner 10001 /work
USER 10001
WORKDIR /work
ENTRYPOINT ["mockzoom"]
CMD ["--help"]
