# Python packages that tests and benches need. Sourced after common.sh; called in the root.
# shellcheck shell=bash

# .venv with the pinned packages; made again when the list changes.
make_venv() {
  local list=tests/integration/requirements.txt mark=.venv/requirements.cksum
  if [[ ! -f $mark || $(cksum < "$list") != $(cat "$mark") ]]; then
    say "making .venv"
    rm -rf .venv
    /usr/bin/python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check --no-input -r "$list"
    cksum < "$list" > "$mark"
  fi
}
