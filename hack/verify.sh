#!/usr/bin/env bash
# Checks what needs no test to run: generated code, formatting, go vet, staticcheck, go.mod. All are tried before it fails.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
check() {
	local name=$1
	shift
	printf 'verify: %s\n' "$name"
	"$@" || failed+=("$name")
}

formatting() {
	local files
	files=$(git ls-files --cached --others --exclude-standard '*.go' | while IFS= read -r f; do [ -f "$f" ] && printf '%s\n' "$f"; done | xargs gofmt -l) || return 1
	[ -z "$files" ] || {
		printf 'not formatted, run gofmt -w on:\n%s\n' "$files" >&2
		return 1
	}
}

check 'go.mod is tidy' go mod tidy -diff
check 'generated code is fresh' hack/verify-codegen.sh
check 'gofmt' formatting
check 'go vet' go vet ./...
# Benchmarks that have other projects as their peers are modules of their own. Kyverno's is fetched and compiled by make
# bench alone: that takes many minutes the first time.
peers() {
	local dir
	for dir in metricsserver admission/turn admission; do
		(cd "test/bench/$dir" && go mod tidy -diff && go vet ./... && go test ./...) || return 1
	done
}
check 'the benchmark modules' peers
certmanager() { (cd hack/certmanager && go mod tidy -diff && go vet ./...); }
check 'the module of cert-manager' certmanager
check 'staticcheck' go tool -modfile=hack/tools/go.mod staticcheck ./...

if [ "${#failed[@]}" -gt 0 ]; then
	printf 'verify failed: %s\n' "${failed[@]}" >&2
	exit 1
fi
