#!/usr/bin/env bash
# Builds each gateway plugin - a folder under plugins/ with a main package for WebAssembly - into OUT/<folder>.wasm. As long as
# there is no plugins/, OUT stays empty.
#
#   hack/build-plugins.sh OUT
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$(dirname "$0")/.."

export GOOS=wasip1 GOARCH=wasm
shopt -s nullglob
for dir in plugins/*/; do
	name=$(basename "$dir")
	if [ "$(go list -e -f '{{if .GoFiles}}{{.Name}}{{end}}' "./plugins/$name" 2>/dev/null)" = main ]; then
		go build -buildmode=c-shared -ldflags '-s -w' -o "$out/$name.wasm" "./plugins/$name"
	fi
done
