// HTTP/1.1 requests as RFC 9112 has them, read as simply and strictly as possible: what the server
// takes must mean the same here. Whole bytes only, no limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace objectstore::fuzz {

struct ReferenceHead {
  std::string method;
  std::string target;
  bool http_1_0 = false;
  std::vector<std::pair<std::string, std::string>> headers;  // values without blanks around
  std::optional<std::uint64_t> length;
  bool chunked = false;

  [[nodiscard]] bool has_body() const { return chunked || length.value_or(0) > 0; }
  friend bool operator==(const ReferenceHead&, const ReferenceHead&) = default;
};

// A head with the empty line that ends it; nullopt: refused.
[[nodiscard]] std::optional<ReferenceHead> read_head(std::string_view bytes);

struct ReferenceBody {
  enum class State { whole, incomplete, refused };
  State state = State::refused;
  std::string payload;
  std::size_t size = 0;  // bytes that it takes, where whole
};
// The body at the front of `bytes`.
[[nodiscard]] ReferenceBody read_body(const ReferenceHead& head, std::string_view bytes);

}  // namespace objectstore::fuzz
