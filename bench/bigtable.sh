#!/usr/bin/env bash
# Measures the server on a Bigtable emulator: CPU beside the emulator's own, and what the change log
# costs. Prints tables in Markdown.
# Usage: bench/bigtable.sh   (about four minutes)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/common.sh"
source "$repo_root/scripts/lib/go_tools.sh"

install_packages "${build_packages[@]}" "${test_packages[@]}" "${go_packages[@]}" "${bench_packages[@]}"
if [[ -z ${OBJECTSTORE_BIN:-} ]]; then
  build_preset release ON objectstore objectstore-log-bench >&2
fi
bigtable_tools >&2
cd "$repo_root"
export PYTHONDONTWRITEBYTECODE=1
python3 bench/bigtable_cost.py
printf '\n'
python3 bench/bigtable_log.py
