#!/usr/bin/env bash
# Compares the release server with nginx on this machine; prints a table in Markdown.
# Usage: bench/http.sh   (takes at most about four minutes, and 5 GiB of disk below build/bench)
# Installing nginx may also start a server of its own on port 80; this script only talks to the one it starts.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/common.sh"

install_packages "${build_packages[@]}" "${bench_packages[@]}"
if [[ -z ${OBJECTSTORE_BIN:-} ]]; then
  build_preset release KEEP objectstore >&2
fi
cd "$repo_root"
PYTHONDONTWRITEBYTECODE=1 exec python3 bench/http_compare.py
