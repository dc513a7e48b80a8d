# Limen. `make run` starts the demonstration, `make test` passes every test on
# both engines, `make check` is the short loop before a commit.

GO ?= go
export CGO_ENABLED = 0

DATA   ?= limen-demo
LISTEN ?= 127.0.0.1:8443

.PHONY: help run build test check fuzz bench docs fmt postgres chromium

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build and start the demonstration
	./bin/limen demo --data $(DATA) --listen $(LISTEN)

build: ## build bin/limen
	$(GO) build -o bin/limen ./cmd/limen

test: postgres chromium ## run every test on SQLite and PostgreSQL
	$(GO) vet ./...
	$(GO) test -timeout 12m ./...

check: ## the short loop: formatting, vet, tests on both engines without the browser
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run: make fmt'; exit 1; }
	$(GO) vet ./...
	$(GO) test -short -timeout 3m ./...

fuzz: ## fuzz everything that parses outside bytes, a minute each
	scripts/fuzz

bench: build ## measure, beside floors measured in the same run
	./bin/limen bench stay
	./bin/limen bench crossings
	./bin/limen bench names

docs: ## regenerate docs/articles.md and its index
	$(GO) generate ./house

fmt: ## format
	gofmt -w $$(git ls-files '*.go')

postgres:
	@scripts/need-postgres

chromium:
	@scripts/need-chromium
