# The program in Rust that tests run the published client by. Sourced after common.sh; called in the root.
# shellcheck shell=bash disable=SC2154

rust_minimum=1.89
# Debian 12's own Rust is older; these follow what browsers need.
rust_packages=(cargo-web rustc-web)

cargo_is_new_enough() {
  local version
  version=$("$1" --version 2>/dev/null | cut -d' ' -f2) || return
  printf '%s\n%s\n' "$rust_minimum" "$version" | sort -C -V
}

# build/rust/debug/rust-client, by the cargo on PATH or Debian's.
rust_client() {
  local cargo
  cargo=$(command -v cargo || true)
  if ! cargo_is_new_enough "${cargo:-cargo}"; then
    install_packages "${rust_packages[@]}"
    cargo=/usr/bin/cargo
    cargo_is_new_enough "$cargo" || die "tests need Rust $rust_minimum: neither PATH nor Debian has it"
  fi
  say "building rust-client"
  RUSTC="$(dirname "$cargo")/rustc" "$cargo" build --locked --quiet \
    --manifest-path tests/tools/rust/Cargo.toml --target-dir build/rust
}
