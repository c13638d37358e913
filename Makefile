# Tollgate's contract with people and CI. Everything it makes stands in bin/, .cache/, .demo/ and bench.json; make clean removes that.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

export GOWORK := off

kubernetes := bin/kubectl bin/kube-apiserver bin/kube-controller-manager
# What only tests run is not in the demo.
demo_components := bin/etcd $(kubernetes) bin/mimir bin/prometheus
components := $(demo_components) bin/certmanager bin/redis-server bin/redis-cli

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: bin/tollgate plugins $(components) ## Fill bin/: tollgate, and the real components that tests and the demo run

.PHONY: demo
demo: bin/tollgate plugins $(demo_components) ## Start the whole thing locally and say what to try
	@$(MAKE) -s --no-print-directory bin/redis-server bin/redis-cli || echo "demo: going on without a real Redis" >&2
	@go run ./hack/demo up

.PHONY: demo-down
demo-down: ## Stop the demo and remove what it left
	@go run ./hack/demo down

.PHONY: test
test: build verify ## Check everything: verify, then all tests with real components and the race detector
	@hack/test.sh

.PHONY: test-unit
test-unit: ## Run the tests that need no other process, with the race detector
	@hack/test.sh -short

.PHONY: bench
bench: build ## Measure against the floors, print the ratios, write bench.json
	@go run ./hack/bench

.PHONY: verify
verify: ## Check generated code, formatting, go vet, staticcheck and go.mod
	@hack/verify.sh

.PHONY: generate
generate: ## Write generated code and CRDs anew
	@hack/update-codegen.sh

.PHONY: clean
clean: demo-down ## Stop the demo and remove everything that was built
	rm -rf bin .cache .demo bench.json

# Always asked for: the go command knows what is fresh. Static, and the same from any folder: the image is built by the same command.
.PHONY: bin/tollgate
bin/tollgate:
	@CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o $@ ./cmd/tollgate

# What runs in the gateway: bin/plugins/<folder>.wasm of each folder of plugins/ that has a main package. There is none yet, so
# bin/plugins stays empty.
.PHONY: plugins
plugins:
	@hack/build-plugins.sh bin/plugins

# Each real component is made once, and again when its module changes.
bin/certmanager: $(wildcard hack/certmanager/*.go) hack/certmanager/go.mod hack/certmanager/go.sum
bin/etcd: hack/etcd/go.mod hack/etcd/go.sum
$(kubernetes): hack/kubernetes/go.mod hack/kubernetes/go.sum
bin/mimir: hack/mimir/go.mod hack/mimir/go.sum
bin/prometheus: hack/prometheus/go.mod hack/prometheus/go.sum
bin/redis-server bin/redis-cli: hack/redis/fetch.sh
$(components):
	@go run ./hack/build $(@F)
