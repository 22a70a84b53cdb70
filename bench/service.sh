#!/usr/bin/env bash
# What authentication costs, and what a batch saves: the release server beside itself; prints Markdown.
# Usage: bench/service.sh   (takes about a minute)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/common.sh"
source "$repo_root/scripts/lib/python_tools.sh"

install_packages "${build_packages[@]}" "${bench_packages[@]}" python3-venv
if [[ -z ${OBJECTSTORE_BIN:-} ]]; then
  build_preset release KEEP objectstore >&2
fi
cd "$repo_root"
make_venv
PYTHONDONTWRITEBYTECODE=1 exec .venv/bin/python bench/service_cost.py
