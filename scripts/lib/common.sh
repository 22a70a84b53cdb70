# Shared by the scripts beside this folder. Sourced after `set -euo pipefail`.
# shellcheck shell=bash

repo_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
# shellcheck source=scripts/lib/packages.sh
source "$repo_root/scripts/lib/packages.sh"

# Clones of this repository share what ccache holds.
export CCACHE_BASEDIR="$repo_root" CCACHE_NOHASHDIR=1

say() { printf '== %s\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root (or sudo): $*"
  fi
}

missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      printf '%s\n' "$package"
  done
}

# Installs what is missing; touches neither the network nor apt when all is there.
install_packages() {
  command -v dpkg-query >/dev/null || die "these scripts are made for Debian 12 (no dpkg-query here)"
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -eq 0 ]] && return 0
  say "installing Debian packages: ${missing[*]}"
  local quiet=(env DEBIAN_FRONTEND=noninteractive)
  as_root "${quiet[@]}" apt-get update -qq
  as_root "${quiet[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# Memory in MiB to count with: what the machine has free, or the container's limit when that is less.
available_memory_mib() {
  local mib limit
  mib=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo)
  if [[ -r /sys/fs/cgroup/memory.max ]]; then
    read -r limit < /sys/fs/cgroup/memory.max
    [[ $limit != max && $((limit / 1048576)) -lt $mib ]] && mib=$((limit / 1048576))
  fi
  printf '%s\n' "$mib"
}

# Compile jobs: one a core, but no more than memory allows (a file with coroutines takes 1.5 GiB).
build_jobs() {
  local cores jobs
  cores=$(nproc)
  jobs=$(($(available_memory_mib) / 1536))
  [[ $jobs -gt $cores ]] && jobs=$cores
  [[ $jobs -lt 1 ]] && jobs=1
  printf '%s\n' "$jobs"
}

# Some kernels' address randomisation is too wide for gcc 12's sanitizers: run without it where that
# is permitted.
fixed_addresses() {
  if setarch -R true 2>/dev/null; then
    setarch -R "$@"
  else
    "$@"
  fi
}

# build_preset PRESET WITH_TESTS(ON|OFF|KEEP) [targets...]; KEEP leaves a configured tree as it is.
build_preset() {
  local preset=$1 with_tests=$2
  shift 2
  cd "$repo_root"
  local options=()
  if [[ $with_tests != KEEP ]]; then
    options+=("-DOBJECTSTORE_BUILD_TESTS=$with_tests")
  elif [[ ! -f build/$preset/CMakeCache.txt ]]; then
    options+=(-DOBJECTSTORE_BUILD_TESTS=OFF)
  fi
  cmake --preset "$preset" "${options[@]}" || return
  local targets=()
  [[ $# -gt 0 ]] && targets=(--target "$@")
  fixed_addresses cmake --build "build/$preset" --parallel "$(build_jobs)" "${targets[@]}"
}
