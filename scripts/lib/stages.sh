# Runs the stages of scripts/test and counts what they did. Sourced after common.sh.
# shellcheck shell=bash

reports="$repo_root/build/reports"
passed_total=0
failed_total=0
failed_stages=()
skipped_stages=()
started_at=$SECONDS

# For a stage's own use: report PASSED FAILED adds to the figures of the running stage.
report() { printf '%s %s\n' "$1" "$2" >> "$reports/current.counts"; }

# Adds up a JUnit file as `report` does; a missing file is a failure of the caller.
report_junit() {
  [[ -s $1 ]] || { printf 'no test report at %s\n' "$1" >&2; return 1; }
  local line
  line=$(python3 "$repo_root/scripts/junit_totals.py" "$1")
  # shellcheck disable=SC2086
  report $line
}

# A stage says that it can't run, and why, by this; it counts neither as passed nor as failed.
skip_stage() {
  printf '%s\n' "$*" > "$reports/current.skipped"
  printf 'skipped: %s\n' "$*"
  exit 0
}

# Stages that need a build call this first. A build that failed once is not tried again.
need_build() {
  local preset=$1 mark
  mark="$reports/build-$1-$(printf '%s' "$*" | cksum | cut -d' ' -f1)"
  [[ -f $mark.done ]] && return 0
  [[ -f $reports/build-$preset.failed ]] && skip_stage "the $preset build failed"
  if build_preset "$@" && touch "$mark.done"; then
    return 0
  fi
  touch "$reports/build-$preset.failed"
  printf 'the %s build failed\n' "$preset" >&2
  return 1
}

elapsed() { printf '%d:%02d' $((($1) / 60)) $((($1) % 60)); }

# Runs the function stage_NAME in a shell of its own, with -e; a failure doesn't stop later stages.
run_stage() {
  local name=$1 began=$SECONDS status=0 passed failed
  printf '\n######## %s (at %s)\n' "$name" "$(elapsed $((SECONDS - started_at)))"
  rm -f "$reports/current.skipped"
  : > "$reports/current.counts"
  set +e
  (set -euo pipefail; cd "$repo_root"; "stage_${name//-/_}")
  status=$?
  set -e
  if [[ -f $reports/current.skipped ]]; then
    skipped_stages+=("$name: $(cat "$reports/current.skipped")")
    return 0
  fi
  read -r passed failed < <(awk '{p += $1; f += $2} END {print p + 0, f + 0}' "$reports/current.counts")
  if [[ $((passed + failed)) -eq 0 && $status -eq 0 ]]; then
    printf 'stage %s ran no test\n' "$name" >&2
    status=1
  fi
  [[ $status -ne 0 && $failed -eq 0 ]] && failed=1
  passed_total=$((passed_total + passed))
  failed_total=$((failed_total + failed))
  [[ $failed -gt 0 ]] && failed_stages+=("$name ($failed failed)")
  printf '######## %s: %d passed, %d failed, took %s\n' "$name" "$passed" "$failed" \
    "$(elapsed $((SECONDS - began)))"
}

# The last line of the whole command is the sum.
finish() {
  printf '\n'
  local line
  for line in "${skipped_stages[@]}"; do printf 'skipped %s\n' "$line"; done
  for line in "${failed_stages[@]}"; do printf 'FAILED %s\n' "$line"; done
  printf 'took %s\n' "$(elapsed $((SECONDS - started_at)))"
  printf '%d passed, %d failed\n' "$passed_total" "$failed_total"
  [[ $failed_total -eq 0 ]]
}
