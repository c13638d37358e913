#!/usr/bin/env bash
# Regenerates what is committed as generated: deepcopy functions, OpenAPI
# definitions and the CRDs. With an argument it writes a copy below that folder
# instead, which is how verify-codegen.sh compares.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-$PWD}
tool() { go tool -modfile=hack/tools/go.mod "$@"; }
header=hack/boilerplate.go.txt
mod=tollgate.dev/tollgate

mkdir -p "$out/apis/tollgate/v1alpha1" "$out/apis/metering/v1alpha1" "$out/apiserver/openapi" "$out/manifests/crds"

tool controller-gen object:headerFile="$header" paths=./apis/tollgate/... \
  output:object:dir="$out/apis/tollgate/v1alpha1"
tool controller-gen crd:maxDescLen=2000 paths=./apis/tollgate/... \
  output:crd:dir="$out/manifests/crds"

# gengo writes beside the package it reads, so it works on the tree and the
# results are moved when another folder was asked for.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
metering=apis/metering/v1alpha1
keep() { if [ "$out" != "$PWD" ] && [ -f "$1" ]; then mkdir -p "$scratch/$(dirname "$1")"; cp "$1" "$scratch/$1"; fi; }
give() { if [ "$out" != "$PWD" ]; then mv "$1" "$out/$1"; if [ -f "$scratch/$1" ]; then cp "$scratch/$1" "$1"; fi; fi; }

for f in "$metering/zz_generated.deepcopy.go" "$metering/zz_generated.model_name.go"; do keep "$f"; done
tool deepcopy-gen --go-header-file "$header" --output-file zz_generated.deepcopy.go "$mod/$metering"
tool openapi-gen --go-header-file "$header" \
  --output-dir "$out/apiserver/openapi" --output-pkg "$mod/apiserver/openapi" \
  --output-file zz_generated.openapi.go --output-model-name-file zz_generated.model_name.go \
  --readonly-pkg k8s.io/apimachinery/pkg/apis/meta/v1 \
  --readonly-pkg k8s.io/apimachinery/pkg/runtime \
  --readonly-pkg k8s.io/apimachinery/pkg/version \
  -r "$scratch/violations.txt" \
  k8s.io/apimachinery/pkg/apis/meta/v1 k8s.io/apimachinery/pkg/runtime k8s.io/apimachinery/pkg/version \
  "$mod/$metering"
for f in "$metering/zz_generated.deepcopy.go" "$metering/zz_generated.model_name.go"; do give "$f"; done
if grep -q "$mod" "$scratch/violations.txt"; then
  echo "openapi-gen found API rule violations in Tollgate's own types:" >&2
  grep "$mod" "$scratch/violations.txt" >&2
  exit 1
fi
