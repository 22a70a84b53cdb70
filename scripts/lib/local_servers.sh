# Servers that stand for those of a cloud on this machine, for scripts/run. Sourced after go_tools.sh.
# shellcheck shell=bash disable=SC2154

server_pids=()
# They end with this shell, but where that is killed by SIGKILL.
trap 'kill "${server_pids[@]}" 2>/dev/null || true' EXIT

# Starts a server, its output going to build/NAME.log. In a session of its own: Ctrl-C is for
# objectstore, which still needs the others to end well.
start_server() {
  server_log=$repo_root/build/$1.log
  shift
  setsid "$@" > "$server_log" 2>&1 &
  server_pid=$!
  server_pids+=("$server_pid")
}

# Waits until the command succeeds; the server that was started last must not end before.
await_server() {
  for _ in $(seq 200); do
    "$@" && return 0
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.1
  done
  die "a server did not start: $(cat "$server_log")"
}

free_port() {
  /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
port_answers() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

announced_address() {
  emulator_address=$(sed -n 's/.*running on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$server_log")
  [[ -n $emulator_address ]]
}

# Rows and change log.
start_bigtable() {
  start_server bigtable-emulator "$go_tools_bin/bigtable-emulator" -host 127.0.0.1 -port 0
  await_server announced_address
  export OS__STORAGE__HIGH_VOLUME__ENDPOINT=$emulator_address
  export OS__STORAGE__CHANGELOG__ENDPOINT=$emulator_address
  say "Bigtable emulator on $emulator_address"
}

# A bucket named objectstore, in memory.
start_gcs() {
  local port
  port=$(free_port)
  start_server gcs-server python3 "$repo_root/tests/tools/gcs_xml" \
    --gcs-server "$go_tools_bin/fake-gcs-server" --port "$port"
  await_server port_answers "$port"
  local url=http://127.0.0.1:$port
  curl -sSf -o /dev/null -H 'Content-Type: application/json' -d '{"name":"objectstore"}' \
    "$url/storage/v1/b"
  export OS__STORAGE__LONG_TERM__ENDPOINT=$url
  say "Cloud Storage server on $url"
}

# A bucket named objectstore, in the folder that is named.
start_s3() {
  local port folder=$1
  port=$(free_port)
  mkdir -p "$folder/buckets/objectstore" "$folder/metadata"
  ROOT_ACCESS_KEY_ID=local ROOT_SECRET_ACCESS_KEY=local-secret start_server s3-server \
    "$go_tools_bin/versitygw" --port "127.0.0.1:$port" --region us-east-1 --keep-alive --quiet \
    posix --sidecar "$folder/metadata" "$folder/buckets"
  await_server port_answers "$port"
  export OS__STORAGE__LONG_TERM__ENDPOINT=http://127.0.0.1:$port
  say "S3 server on http://127.0.0.1:$port"
}
