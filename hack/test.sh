#!/usr/bin/env bash
# Runs all tests with the race detector and ends with a list of what failed. Arguments go to go test.
#
#   hack/test.sh [-short]
#
# TESTTIMEOUT (default 60m) bounds each package. Properties draw the same values in each run; RAPID_SEED=$RANDOM draws others.
set -euo pipefail
cd "$(dirname "$0")/.."

export RAPID_SEED="${RAPID_SEED:-1}"

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# go test starts packages in the order given: the long ones first, or the last would run alone on one core.
long=()
for dir in hack/demo test metering/ledger hack/cluster hack/supervise; do
	if [ -d "$dir" ]; then long+=("./$dir/..."); fi
done

status=0
go test -race -timeout "${TESTTIMEOUT:-60m}" "$@" "${long[@]}" ./... 2>&1 | tee "$log" | grep --line-buffered -v 'no test files' || status=${PIPESTATUS[0]}
if [ "$status" != 0 ]; then
	printf '\nFAILED:\n' >&2
	grep -E '^[[:space:]]*--- FAIL|^FAIL[[:space:]]+[^[:space:]]|^panic: |WARNING: DATA RACE|\[(build|setup) failed\]' "$log" | sort -u >&2 || true
	exit "$status"
fi
echo "all tests passed"
