#!/usr/bin/env bash
# Fails when the committed generated code or CRDs differ from what the types say.
set -euo pipefail
cd "$(dirname "$0")/.."
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
hack/update-codegen.sh "$fresh"
stale=0
while IFS= read -r f; do
  if ! diff -u "$f" "$fresh/$f"; then stale=1; fi
done < <(cd "$fresh" && find . -type f | sed 's#^\./##' | sort)
for f in manifests/crds/tollgate.dev_*.yaml manifests/higress-crds/*.higress.io_*.yaml; do
  [ -f "$fresh/$f" ] || { echo "$f is no longer generated" >&2; stale=1; }
done
if [ "$stale" != 0 ]; then
  echo "generated code is stale: run make generate and commit the result" >&2
  exit 1
fi
