#include "net/grpc_message.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace objectstore {

std::array<char, grpc_prefix_size> grpc_prefix(std::size_t message_size) {
  OBJECTSTORE_ASSERT(message_size <= UINT32_MAX);
  std::array<char, grpc_prefix_size> prefix{};
  for (std::size_t i = 1; i < prefix.size(); ++i)
    prefix[i] = static_cast<char>(message_size >> (8 * (prefix.size() - 1 - i)) & 0xff);
  return prefix;
}

std::optional<RpcStatus> GrpcMessageReader::push(std::string_view bytes) {
  buffered_ += bytes.size();
  while (!bytes.empty()) {
    if (prefix_filled_ < prefix_.size()) {
      const auto size = std::min(prefix_.size() - prefix_filled_, bytes.size());
      std::memcpy(prefix_.data() + prefix_filled_, bytes.data(), size);
      prefix_filled_ += size;
      bytes.remove_prefix(size);
      if (prefix_filled_ < prefix_.size()) break;
      if (auto problem = begin_message()) return problem;
    }
    take_body(bytes);
  }
  return std::nullopt;
}

std::optional<RpcStatus> GrpcMessageReader::begin_message() {
  RpcStatus problem;
  if (prefix_[0] != 0) {
    problem.code = RpcCode::internal;
    problem.message = "the server sent a compressed message, which was not asked for";
    return problem;
  }
  body_size_ = 0;
  for (std::size_t i = 1; i < prefix_.size(); ++i)
    body_size_ = body_size_ << 8 | static_cast<std::uint8_t>(prefix_[i]);
  if (body_size_ > max_message_) {
    problem.code = RpcCode::resource_exhausted;
    problem.message = "a message of " + std::to_string(body_size_) +
                      " bytes is longer than the limit of " + std::to_string(max_message_);
    return problem;
  }
  // A length alone doesn't make us take much memory: longer bodies grow with their bytes.
  constexpr std::size_t reserved_at_once = 1 << 20;
  body_.reserve(std::min(body_size_, reserved_at_once));
  return std::nullopt;
}

void GrpcMessageReader::take_body(std::string_view& bytes) {
  const auto size = std::min(body_size_ - body_.size(), bytes.size());
  body_.append(bytes.substr(0, size));
  bytes.remove_prefix(size);
  if (body_.size() < body_size_) return;
  messages_.push_back(std::exchange(body_, std::string()));
  prefix_filled_ = 0;
}

std::string GrpcMessageReader::pop() {
  auto message = std::move(messages_.at(first_++));
  buffered_ -= grpc_prefix_size + message.size();
  if (empty()) clear();
  return message;
}

void GrpcMessageReader::clear() {
  for (; first_ < messages_.size(); ++first_)
    buffered_ -= grpc_prefix_size + messages_[first_].size();
  messages_.clear();
  first_ = 0;
}

}  // namespace objectstore
