# Everything a developer runs. `make` lists the targets.

GO      ?= go
PYTHON  ?= python3
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

# One static binary, the same for everybody who builds this commit.
BUILD := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)"

STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2

export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help build demo test go-test generate lint fmt bench clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build bin/sagebrush
	@[ -x bin/sagebrush ] || echo "Building bin/sagebrush (about a minute the first time)"
	@$(BUILD) -o bin/sagebrush ./cmd/sagebrush

demo: build ## Train and deploy a first model with plain boto3, from nothing, and stop everything again
	@$(PYTHON) examples/demo.py

test: build ## Run all tests: lint, Go, Python clients old and new, both databases, Docker
	@.ci/with-postgres .ci/with-docker .ci/test

go-test: ## Run the Go tests alone
	@.ci/with-postgres .ci/with-docker $(GO) test ./...

generate: ## Write anew what is generated: api/, docs/coverage.md, docs/states/
	$(GO) run ./cmd/apigen
	SAGEBRUSH_UPDATE=1 $(GO) test -count=1 -run 'Coverage|Diagram' ./app ./service/...

lint: ## Check format, vet, staticcheck; ruff and mypy for Python
	@files=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$files" ] || { echo "not formatted, run make fmt:"; echo "$$files"; exit 1; }
	$(GO) vet ./...
	$(STATICCHECK) ./...
	$(PYTHON) e2e/run.py lint

fmt: ## Format Go and Python
	gofmt -w $$(git ls-files '*.go')
	.cache/e2e/bin/ruff format images examples e2e

bench: build ## Measure beside the peers and write bench/RESULTS.md
	.ci/with-docker bench/run

clean: ## Remove what was built and the environments of tests and demo
	rm -rf bin .cache .venv bench/.venv bench/.venv-mlflow bench/out
