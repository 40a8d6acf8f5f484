SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
GO ?= go
# Without paths of this machine in what is built, so that every checkout shares one build cache.
export GOFLAGS ?= -trimpath
# Folder with types.xsd, messages.xsd and services.wsdl to generate from.
SCHEMAS ?= schemas
# Folder with reference material that is not part of the project; tests that need it are skipped without it.
SHARED ?= ../shared
# How long each fuzz target runs.
FUZZTIME ?= 30s
# Linters are programs of a module of their own, at versions that its go.mod pins.
TOOL := $(GO) tool -modfile=internal/tools/go.mod
# A Python that has exchangelib. Debian's package is for Debian's Python, which need not be the first in PATH.
PYTHON ?= $(shell for p in /usr/bin/python3 python3; do $$p -c 'import exchangelib' 2>/dev/null && echo $$p && break; done)
BUILD := .build
# The packages below those of the folders that are there.
below = $(patsubst %,./%/...,$(wildcard $1))

.PHONY: help
help: ## say what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

.PHONY: demo
demo: ## run the demonstration: a server in process, and a client that works on it
	$(GO) run ./examples/demo

.PHONY: generate
generate: ## write the bindings from SCHEMAS, and docs/coverage.md
	$(GO) run ./cmd/ewsgen gen -schemas $(SCHEMAS)
	$(GO) run ./cmd/ewsgen coverage

.PHONY: generate-check
generate-check: ## fail if the bindings are not what the schemas say
	$(GO) run ./cmd/ewsgen gen -check
	$(GO) run ./cmd/ewsgen coverage -check
	if [ -d $(SHARED)/schemas ]; then $(GO) run ./cmd/ewsgen merge -check -sets $(SHARED)/schemas; fi

.PHONY: raw
raw: ## make bindings of each version's own schema files, and build them
	if [ -d $(SHARED)/schemas ]; then GOEWS_RAW=$(abspath $(SHARED))/schemas $(GO) test -count=1 -v -timeout 10m -run '^TestRawSets$$' ./cmd/ewsgen; fi

# A module of its own, for what it requires.
INTEROP := internal/interop

.PHONY: check
check: ## gofmt, go vet, and whether go.mod is tidy
	@files=$$(gofmt -l .); test -z "$$files" || { echo "gofmt: $$files"; exit 1; }
	$(GO) vet ./...
	$(GO) mod tidy -diff
	cd $(INTEROP) && $(GO) vet ./... && $(GO) mod tidy -diff

.PHONY: test
test: ## run the tests; needs Go alone
	$(GO) test ./...

# Not gen and the generator: one goroutine, and slow to build.
RACE := $(call below,auth autodiscover ews ewstest orm internal/wire internal/witness internal/cutwire internal/soak)
# Whose tests send requests or answer them.
SPEAKERS := $(call below,auth autodiscover ews ewstest orm examples)
.PHONY: race
race: ## run the tests of what is used concurrently under the race detector
	$(GO) test -race -timeout 8m $(RACE)

# How long the workers of soak work.
DURATION ?= 60s
.PHONY: soak
soak: ## let workers read and write for DURATION while all fails that can, and count what there is
	GOEWS_SOAK=$(DURATION) $(GO) test -count=1 -v -timeout 24h -run '^TestSoak$$' ./internal/soak

.PHONY: lint
lint: ## staticcheck and errcheck; docs/architecture.md has the rules
	$(TOOL) staticcheck ./...
	$(TOOL) errcheck -ignoregenerated -ignoretests -exclude internal/tools/errcheck.txt ./...
	bin=$$($(TOOL) -n staticcheck); cd $(INTEROP) && $$bin ./...

.PHONY: bench
bench: ## measure the codecs, encoding/xml and a bare tokenizer side by side; with BASE=revision, that one too
	@internal/bench/run.sh $(BUILD)/bench $(BASE)

.PHONY: bench-peers
bench-peers: need-exchangelib ## exchangelib beside the codecs, and 10,000 messages through it and through orm
	@GOEWS_PYTHON=$(PYTHON) BENCH='Decode/.*/(codec|gosax|std)$$' internal/bench/run.sh $(BUILD)/bench
	GOEWS_BENCH_PEERS=1 GOEWS_PYTHON=$(PYTHON) $(GO) test -count=1 -v -timeout 20m -run '^TestBench' ./internal/peer

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME
# Minimizing would take most of it where pools make coverage differ from run to run.
	@grep -rE --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]+' . | sort | while IFS=: read -r file text; do \
		echo "$$file $${text#func }"; \
		$(GO) test -run '^$$' -fuzz "^$${text#func }\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$(dirname "$$file")"; \
	done

.PHONY: need-xmllint
need-xmllint:
	@command -v xmllint >/dev/null || { echo "no xmllint: install libxml2-utils"; exit 1; }

.PHONY: need-exchangelib
need-exchangelib:
	@test -n "$(PYTHON)" || { echo "no Python with exchangelib: install python3-exchangelib"; exit 1; }
	@$(PYTHON) -c 'import sys, exchangelib; print(sys.executable, "has exchangelib", exchangelib.__version__)'

.PHONY: witness
witness: need-xmllint ## let xmllint judge what the tests send and answer
	rm -rf $(BUILD)/witness
	GOEWS_WITNESS=$(CURDIR)/$(BUILD)/witness $(GO) test -count=1 $(SPEAKERS)
	if [ -d examples/demo ]; then GOEWS_WITNESS=$(CURDIR)/$(BUILD)/witness $(GO) run ./examples/demo >/dev/null; fi
	$(GO) run ./internal/witness/cmd/xsdwitness -schemas schemas -dir $(BUILD)/witness
	GOEWS_XMLLINT=1 $(GO) test -count=1 ./internal/xsd/... ./internal/witness/...

.PHONY: peers
peers: need-exchangelib need-xmllint ## let exchangelib work on the server, and compare what it sees with what orm sees
	rm -rf $(BUILD)/peers
	GOEWS_PEER=1 GOEWS_PYTHON=$(PYTHON) GOEWS_WITNESS=$(CURDIR)/$(BUILD)/peers $(GO) test -count=1 -v -timeout 10m ./internal/peer
	$(GO) run ./internal/witness/cmd/xsdwitness -schemas schemas -dir $(BUILD)/peers

.PHONY: need-interop
need-interop:
	@missing=$$($(INTEROP)/missing.sh); test -z "$$missing" || { echo "programs are missing: install" $$missing; exit 1; }

.PHONY: interop-auth
interop-auth: export PATH := $(PATH):/usr/sbin:/sbin # of servers
interop-auth: need-interop need-exchangelib ## let Apache, MIT Kerberos, proxies and an authorization server stand between client and server
	cd $(INTEROP) && GOEWS_INTEROP=1 GOEWS_PYTHON=$(PYTHON) $(GO) test -count=1 -v -timeout 5m ./...

.PHONY: build-cost
build-cost: ## say how many CPU seconds a build of gen takes, from nothing but what it imports
	@dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; export GOCACHE=$$dir; \
	$(GO) build $$($(GO) list -deps ./gen/... | grep -v "^$$($(GO) list -m)/"); \
	TIMEFORMAT='build of gen: %U s user, %S s system, %R s elapsed'; time $(GO) build ./gen/...

# Not fuzz: what it finds is found by chance, and says nothing of the change at hand. What it found before, test runs.
.PHONY: ci
ci: need-xmllint need-exchangelib need-interop ## what CI runs
	@SECONDS=0; for what in check lint generate-check raw build-cost test race soak witness peers interop-auth; do \
		echo "== $$what"; start=$$SECONDS; $(MAKE) --no-print-directory $$what; echo "== $$what: $$((SECONDS - start)) s"; \
	done; \
	echo "== all: $$SECONDS s"
