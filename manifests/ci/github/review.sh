#!/usr/bin/env bash
# The step of action.yaml. Everything it is told comes in REVIEW_* and TOLLGATE*.
set -euo pipefail

tollgate=${TOLLGATE:-}
if [ -z "$tollgate" ]; then
	bin=$(mktemp -d)
	GOBIN=$bin go install "tollgate.dev/tollgate/cmd/tollgate@${TOLLGATE_VERSION:-latest}"
	tollgate=$bin/tollgate
fi

args=()
# add FLAG VALUES appends a flag for each line of the values.
add() {
	local line
	while IFS= read -r line; do
		if [ -n "$line" ]; then args+=("$1" "$line"); fi
	done <<<"$2"
}
add --inventory "${REVIEW_INVENTORY:-}"
add --policies "${REVIEW_POLICIES:-}"
add --webhooks "${REVIEW_WEBHOOKS:-}"
add --settings "${REVIEW_SETTINGS:-}"
add --as "${REVIEW_AS:-}"
add --as-group "${REVIEW_AS_GROUPS:-}"

paths=()
while IFS= read -r line; do
	if [ -n "$line" ]; then paths+=("$line"); fi
done <<<"${REVIEW_PATHS:-}"
if [ "${#paths[@]}" = 0 ]; then
	echo "::error title=tollgate review::give paths: files or folders to review, one per line"
	exit 2
fi

# run FORMAT leaves the exit status in $status.
run() {
	status=0
	"$tollgate" review --output "$1" "${args[@]}" -- "${paths[@]}" || status=$?
}

if [ -n "${REVIEW_SARIF:-}" ]; then
	run sarif >"$REVIEW_SARIF" 2>/dev/null
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
	run table >"${RUNNER_TEMP:-/tmp}/tollgate-review.txt" 2>/dev/null
	{
		printf '### tollgate review\n\n'
		# Indented text is shown as it is, whatever a manifest holds.
		sed 's/^/    /' "${RUNNER_TEMP:-/tmp}/tollgate-review.txt"
	} >>"$GITHUB_STEP_SUMMARY"
fi
run github
if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "status=$status" >>"$GITHUB_OUTPUT"; fi
if [ "$status" = 3 ] && [ "${REVIEW_FAIL_ON_NOTHING:-false}" != true ]; then
	exit 0
fi
exit "$status"
