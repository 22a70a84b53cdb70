// Messages of gRPC inside a stream of bytes: one byte of flags, the length in four bytes (big
// endian), the message. Source: github.com/grpc/grpc doc/PROTOCOL-HTTP2.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/rpc.h"

namespace objectstore {

inline constexpr std::size_t grpc_prefix_size = 5;
// Of an uncompressed message. Precondition: shorter than 4 GiB.
[[nodiscard]] std::array<char, grpc_prefix_size> grpc_prefix(std::size_t message_size);

// Takes messages out of the bytes of a stream, however they are cut.
class GrpcMessageReader {
 public:
  explicit GrpcMessageReader(std::size_t max_message) : max_message_(max_message) {}

  // The next bytes. A status: they can't be read, and neither can what follows.
  [[nodiscard]] std::optional<RpcStatus> push(std::string_view bytes);

  [[nodiscard]] bool empty() const { return first_ == messages_.size(); }
  // The oldest complete message. Precondition: !empty().
  [[nodiscard]] std::string pop();
  // Drops what is complete.
  void clear();

  // Whether the bytes end inside a message.
  [[nodiscard]] bool inside_message() const { return prefix_filled_ > 0; }
  // Bytes held, prefixes included.
  [[nodiscard]] std::size_t buffered() const { return buffered_; }

 private:
  [[nodiscard]] std::optional<RpcStatus> begin_message();
  void take_body(std::string_view& bytes);

  std::size_t max_message_;
  std::array<char, grpc_prefix_size> prefix_{};
  std::size_t prefix_filled_ = 0;
  std::size_t body_size_ = 0;  // of the message under way
  std::string body_;
  std::vector<std::string> messages_;  // from first_ on
  std::size_t first_ = 0;
  std::size_t buffered_ = 0;
};

}  // namespace objectstore
