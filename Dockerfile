# The image: one static program and the certificate authorities that it trusts, run as nobody in particular, on a root that it never writes.
# What is done in the stages stands in scripts/image/, where CI does it too, without a container engine: scripts/image/check.sh.

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN LINK=static scripts/image/build.sh && scripts/image/root.sh /image

FROM scratch
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="clever-operator" \
    org.opencontainers.image.description="Manages add-ons of clouds as resources of Kubernetes" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}"
COPY --from=build /image /
USER 65532:65532
EXPOSE 8000
ENTRYPOINT ["/clever-operator"]
