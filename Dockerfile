# Three steps: build the dashboard, build the binary with it inside, ship only the binary.
FROM node:22-bookworm-slim AS dashboard
WORKDIR /src
COPY httpapi/openapi.yaml httpapi/openapi.yaml
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc frontend/
RUN cd frontend && npm ci --no-audit --no-fund
COPY frontend frontend
RUN cd frontend && npm run build

FROM golang:1.26-bookworm AS binary
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=dashboard /src/frontend/dist frontend/dist
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /switchboard ./cmd/switchboard && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=binary /switchboard /switchboard
COPY --from=binary --chown=nonroot:nonroot /data /data
USER nonroot
EXPOSE 8080
ENTRYPOINT ["/switchboard"]
CMD ["serve"]
