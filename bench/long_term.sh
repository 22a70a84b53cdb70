#!/usr/bin/env bash
# Measures large objects through the server to a Cloud Storage and an S3 server on this machine, beside
# curl that talks to those directly. Prints tables in Markdown.
# Usage: bench/long_term.sh   (about three minutes)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/common.sh"
source "$repo_root/scripts/lib/go_tools.sh"
source "$repo_root/scripts/lib/python_tools.sh"

install_packages "${build_packages[@]}" "${test_packages[@]}" "${go_packages[@]}" "${bench_packages[@]}"
if [[ -z ${OBJECTSTORE_BIN:-} ]]; then
  build_preset release ON objectstore >&2
fi
gcs_tools >&2
s3_tools >&2
cd "$repo_root"
make_venv >&2
export PYTHONDONTWRITEBYTECODE=1
.venv/bin/python bench/long_term.py
