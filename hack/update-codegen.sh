#!/usr/bin/env bash
# Regenerates what is committed as generated: deepcopy functions, OpenAPI
# definitions, the CRDs and docs/policies.md. With an argument it writes a copy below that folder
# instead, which is how verify-codegen.sh compares.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-$PWD}
tool() { go tool -modfile=hack/tools/go.mod "$@"; }
header=hack/boilerplate.go.txt
mod=tollgate.dev/tollgate

# Custom resources: ours, and Higress's in a folder of their own, because on a
# real cluster Higress's chart installs those.
for group in tollgate/v1alpha1 higress/extensions/v1alpha1 higress/networking/v1; do
  mkdir -p "$out/apis/$group"
  tool controller-gen object:headerFile="$header" paths="./apis/$group" output:object:dir="$out/apis/$group"
done
mkdir -p "$out/manifests/crds" "$out/manifests/higress-crds"
tool controller-gen crd:maxDescLen=2000 paths=./apis/tollgate/... output:crd:dir="$out/manifests/crds"
tool controller-gen crd:maxDescLen=2000 paths=./apis/higress/... output:crd:dir="$out/manifests/higress-crds"

# Virtual resources. gengo writes beside the packages it reads, so it works on
# the tree and the results are moved when another folder was asked for.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
virtual=(apis/metering/v1alpha1 apis/policy/v1alpha1)
written=()
for group in "${virtual[@]}"; do
  mkdir -p "$out/$group"
  written+=("$group/zz_generated.deepcopy.go" "$group/zz_generated.model_name.go")
done
mkdir -p "$out/apiserver/openapi"
keep() { if [ "$out" != "$PWD" ] && [ -f "$1" ]; then mkdir -p "$scratch/$(dirname "$1")"; cp "$1" "$scratch/$1"; fi; }
give() { if [ "$out" != "$PWD" ]; then mv "$1" "$out/$1"; if [ -f "$scratch/$1" ]; then cp "$scratch/$1" "$1"; fi; fi; }

for f in "${written[@]}"; do keep "$f"; done
tool deepcopy-gen --go-header-file "$header" --output-file zz_generated.deepcopy.go "${virtual[@]/#/$mod/}"
tool openapi-gen --go-header-file "$header" \
  --output-dir "$out/apiserver/openapi" --output-pkg "$mod/apiserver/openapi" \
  --output-file zz_generated.openapi.go --output-model-name-file zz_generated.model_name.go \
  --readonly-pkg k8s.io/apimachinery/pkg/apis/meta/v1 \
  --readonly-pkg k8s.io/apimachinery/pkg/runtime \
  --readonly-pkg k8s.io/apimachinery/pkg/version \
  -r "$scratch/violations.txt" \
  k8s.io/apimachinery/pkg/apis/meta/v1 k8s.io/apimachinery/pkg/runtime k8s.io/apimachinery/pkg/version \
  "${virtual[@]/#/$mod/}"
for f in "${written[@]}"; do give "$f"; done
if grep -q "$mod" "$scratch/violations.txt"; then
  echo "openapi-gen found API rule violations in Tollgate's own types:" >&2
  grep "$mod" "$scratch/violations.txt" >&2
  exit 1
fi

# The policies that Tollgate brings, from their own METADATA comments.
mkdir -p "$out/docs"
go run ./cmd/tollgate policies list --output markdown >"$scratch/policies.md"
cp "$scratch/policies.md" "$out/docs/policies.md"
