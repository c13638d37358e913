#!/usr/bin/env bash
# Puts redis-server and redis-cli (7.0 or newer) into a folder: Debian's packages unpacked under a cache folder. Nothing is installed
# and no service is started, so it needs no root. Called by hack/build where the machine has no Redis.
#
#   hack/redis/fetch.sh BIN CACHE
set -euo pipefail

bin=$(mkdir -p "$1" && cd "$1" && pwd)
cache=$(mkdir -p "$2" && cd "$2" && pwd)
root=$cache/root

say() { printf 'redis: %s\n' "$*" >&2; }
die() {
	say "$*"
	say "install Redis 7 or newer so that redis-server is on PATH, then run make build again"
	exit 1
}

# recent FILE tells whether FILE is a redis-server that runs here and is new enough.
recent() {
	local version
	version=$("$1" --version 2>/dev/null | sed -n 's/.*v=\([0-9]*\)\..*/\1/p') && [ "${version:-0}" -ge 7 ]
}

# wrap NAME writes a launcher that finds the unpacked libraries; exec keeps the process id that its starter knows.
wrap() {
	rm -f "$bin/$1" # one that runs must not be written into
	cat >"$bin/$1" <<-EOF
		#!/bin/sh
		LD_LIBRARY_PATH="$libs\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}" exec "$root/usr/bin/$1" "\$@"
	EOF
	chmod 755 "$bin/$1"
}

library_path() { find "$root" -name '*.so*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd: -; }

ready() {
	libs=$(library_path)
	[ -x "$root/usr/bin/redis-server" ] && [ -x "$root/usr/bin/redis-cli" ] || return 1
	wrap redis-server && wrap redis-cli && recent "$bin/redis-server"
}

if ready; then
	say "using the packages unpacked in $root"
	exit 0
fi

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || die "no redis-server 7 or newer on PATH, and no apt-get to fetch it with"

# A private package list serves machines whose own is empty or outdated, and users who may not refresh it.
lists=()
refresh() {
	say "refreshing a private package list"
	mkdir -p "$cache/apt/state/lists/partial" "$cache/apt/cache/archives/partial"
	cp -f /var/lib/dpkg/status "$cache/apt/status" 2>/dev/null || : >"$cache/apt/status"
	lists=(-o "Dir::State=$cache/apt/state" -o "Dir::Cache=$cache/apt/cache" -o "Dir::State::status=$cache/apt/status"
		-o APT::Sandbox::User="$(id -un)")
	apt-get -qq "${lists[@]}" update >&2
}

download() { (cd "$cache/debs" && apt-get -qq ${lists[@]+"${lists[@]}"} -o APT::Sandbox::User="$(id -un)" download "$@" >&2); }

unpack() {
	rm -rf "$cache/debs" && mkdir -p "$cache/debs" "$root"
	download "$@" || return 1
	local deb
	for deb in "$cache"/debs/*.deb; do dpkg-deb -x "$deb" "$root"; done
}

# libraries FLAG... prints the library packages that redis-tools depends on; the C library is the machine's own.
libraries() {
	apt-cache ${lists[@]+"${lists[@]}"} depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$@" redis-tools |
		sed -n 's/^ *|\{0,1\}[A-Za-z]*: *\(lib[a-z0-9.+-]*\)$/\1/p' | sort -u | grep -vx 'libc6' || true
}

say "fetching Debian's packages"
if ! unpack redis-server redis-tools; then
	refresh || die "the package list cannot be refreshed"
	unpack redis-server redis-tools || die "Debian's packages redis-server and redis-tools cannot be downloaded"
fi
if ! ready; then
	say "fetching its libraries"
	mapfile -t packages < <(libraries)
	unpack "${packages[@]}" || { refresh && unpack "${packages[@]}"; } || die "the libraries of redis-server cannot be downloaded"
fi
if ! ready; then
	mapfile -t packages < <(libraries --recurse)
	unpack "${packages[@]}" || die "the libraries of redis-server cannot be downloaded"
fi
if ! ready; then
	LD_LIBRARY_PATH=$libs ldd "$root/usr/bin/redis-server" >&2 || true
	die "the unpacked redis-server does not start or is older than 7"
fi
rm -rf "$cache/debs" "$cache/apt"
say "unpacked $("$bin/redis-server" --version)"
