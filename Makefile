SHELL := /bin/bash
GO ?= go
# Folder with types.xsd, messages.xsd and services.wsdl to generate from.
SCHEMAS ?= schemas

.PHONY: help
help: ## say what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

.PHONY: test
test: ## run the tests; needs Go alone
	$(GO) test ./...

.PHONY: race
race: ## run the tests under the race detector
	$(GO) test -race ./internal/... ./cmd/...

.PHONY: generate
generate: ## write the bindings from SCHEMAS
	$(GO) run ./cmd/ewsgen gen -schemas $(SCHEMAS)

.PHONY: check
check: ## gofmt and go vet
	@files=$$(gofmt -l .); test -z "$$files" || { echo "gofmt: $$files"; exit 1; }
	$(GO) vet ./...

.PHONY: fuzz
FUZZTIME ?= 30s
fuzz: ## run the fuzz targets for FUZZTIME each
	$(GO) test -run xxx -fuzz FuzzDecoder -fuzztime $(FUZZTIME) ./internal/wire

.PHONY: ci
ci: check test ## what CI runs
	GOEWS_XMLLINT=1 $(GO) test ./internal/xsd/... ./internal/witness/...
