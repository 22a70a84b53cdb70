// Damage to a file as disks do it.
#pragma once

#include "fuzz.h"

namespace objectstore::fuzz {

// Changes `bytes` as the input says: flips bits, cuts off, appends, moves or repeats a part.
inline void damage(std::string& bytes, Input& in) {
  const auto place = [&] {
    return static_cast<std::size_t>(in.number<std::uint32_t>() % (bytes.size() + 1));
  };
  switch (in.below(5)) {
    case 0: {
      // Few enough that no checksum is met by intent.
      for (auto flips = 1 + in.below(3); flips > 0 && !bytes.empty(); --flips) {
        const auto at = in.number<std::uint32_t>() % bytes.size();
        bytes[at] ^= static_cast<char>(1U << in.below(8));
      }
      break;
    }
    case 1:
      bytes.resize(place());
      break;
    case 2:
      bytes.append(in.text());
      break;
    case 3: {
      const auto from = place();
      const auto part = bytes.substr(from, in.number<std::uint32_t>() % (bytes.size() + 1));
      bytes.insert(place(), part);
      break;
    }
    default: {
      const auto from = place();
      bytes.erase(from, in.number<std::uint32_t>() % (bytes.size() + 1));
      break;
    }
  }
}

}  // namespace objectstore::fuzz
