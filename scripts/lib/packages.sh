# Debian 12 packages by purpose. Sourced.
# shellcheck shell=bash disable=SC2034

# To build and run the server.
build_packages=(
  g++ cmake ninja-build ccache pkg-config
  libboost1.81-dev libssl-dev nlohmann-json3-dev libyaml-cpp-dev libcli11-dev libfmt-dev
  libspdlog-dev libxxhash-dev libjemalloc-dev librocksdb-dev
  prometheus-cpp-dev libnghttp2-dev libcurl4-openssl-dev libpugixml-dev protobuf-compiler libprotobuf-dev
)

# To fuzz it, on top of those.
fuzz_packages=(clang-14 llvm-14 libclang-rt-14-dev)

# To test it, on top of the first list.
test_packages=(
  libgtest-dev libgmock-dev librapidcheck-dev
  clang clang-format clang-tidy "${fuzz_packages[@]}"
  spin
  python3 python3-venv
)

# For programs in Go that tests and the emulator need (scripts/lib/go_tools.sh).
go_packages=(python3 python3-venv ca-certificates curl)

# To compare it with others, on top of the first list.
bench_packages=(nginx-light wrk curl python3)
