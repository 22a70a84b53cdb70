#include "base/checksum.h"

// The streaming state by value, in its own allocation with its own alignment.
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

namespace objectstore {

std::uint64_t checksum64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

struct Checksum64Stream::State {
  XXH3_state_t xxh;
};

Checksum64Stream::Checksum64Stream() : state_(std::make_unique<State>()) {
  XXH3_64bits_reset(&state_->xxh);
}
Checksum64Stream::Checksum64Stream(Checksum64Stream&&) noexcept = default;
Checksum64Stream& Checksum64Stream::operator=(Checksum64Stream&&) noexcept = default;
Checksum64Stream::~Checksum64Stream() = default;

void Checksum64Stream::update(std::string_view bytes) {
  XXH3_64bits_update(&state_->xxh, bytes.data(), bytes.size());
}

std::uint64_t Checksum64Stream::digest() const {
  return XXH3_64bits_digest(&state_->xxh);
}

}  // namespace objectstore
