# Everything a person or CI runs. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

BIN := bin/switchboard
E2E := test/e2e
# The race detector needs a C compiler; without one the tests run without it, and say so.
RACE := $(shell command -v gcc >/dev/null 2>&1 || command -v clang >/dev/null 2>&1 && echo -race)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

demo: build ## run everything on this machine with simulated phones
	@$(BIN) demo

run: build ## the same against the real WhatsApp
	@$(BIN) serve

build: frontend ## build the one binary, dashboard included
	@go build -o $(BIN) ./cmd/switchboard

frontend: frontend/dist/index.html ## build the dashboard

frontend/dist/index.html: frontend/package-lock.json $(shell find frontend/src frontend/public frontend/index.html frontend/vite.config.ts -type f 2>/dev/null)
	@scripts/npm-ci frontend
	@cd frontend && npm run --silent build

test: frontend ## run all tests, the one in a real browser included
	@scripts/test $(RACE)

check: generate-check lint test scores frontend-check ## what CI runs

lint: ## read the code with golangci-lint
	@scripts/lint

frontend-check: ## format, types and unit tests of the dashboard
	@scripts/npm-ci frontend
	@cd frontend && npm run --silent check

generate: ## write what is generated: the event catalogue and the dashboard's types
	@go run ./scripts/events > docs/events.md
	@scripts/npm-ci frontend
	@cd frontend && npm run --silent generate

generate-check: generate ## fail when something generated is out of date
	@git diff --exit-code -- docs/events.md frontend/src/api/types.gen.ts || { echo "generated files are out of date: run make generate and commit"; exit 1; }

scores: ## the matcher against hand-written shops and the development sets, failing when a score dropped
	@scripts/scores

bench: build ## measure: the event store against its limits, the whole path, the matcher
	@scripts/bench

chaos: build ## break everything for a minute while customers write, then count: SEED=7 repeats, SETTLE=4m is for a busy machine
	@go run ./test/chaos --binary $(BIN) --workspaces 50 --rate 20 --duration 60s --settle $(or $(SETTLE),1m) --seed $(or $(SEED),$(shell date +%s))

proof: ## measure what is promised against its limits, and fail when one is missed: ROWS="fleet attempts", SIZE=small, SEED=7
	@SEED=$(or $(SEED),1) SIZE=$(or $(SIZE),full) scripts/proof $(ROWS)

e2e: build ## only the test in a real browser
	@scripts/e2e

conformance: ## prove the sandbox with clients of other people's making: whatsmeow and Baileys
	@scripts/npm-ci test/conformance/baileys
	@go test -count=1 ./sandbox/...
	@go test -count=1 ./test/conformance -required

clean: ## remove what was built; data in .switchboard stays
	@rm -rf bin frontend/node_modules $(E2E)/node_modules test/conformance/baileys/node_modules
	@cd frontend && find dist -mindepth 1 ! -name stub.html -delete

.PHONY: help demo run build frontend test check lint frontend-check generate generate-check bench chaos proof e2e conformance scores clean
