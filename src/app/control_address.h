// Where a running server listens for maintenance commands: the Unix socket `control.sock` in the
// directory of its rows' database, which belongs to one process at a time.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>

#include "base/result.h"

namespace objectstore {

inline constexpr const char* control_socket_name = "control.sock";

[[nodiscard]] std::filesystem::path control_path(const std::filesystem::path& directory);

// A socket's address may hold 107 bytes, a path many more: this one goes by way of the open
// directory, and is valid as long as the object lives.
class ControlAddress {
 public:
  // Errors: io, with errno's text.
  [[nodiscard]] static Result<ControlAddress> of(const std::filesystem::path& directory);
  ControlAddress(ControlAddress&& other) noexcept;
  ControlAddress& operator=(ControlAddress&&) = delete;
  ~ControlAddress();

  [[nodiscard]] boost::asio::local::stream_protocol::endpoint endpoint() const;
  [[nodiscard]] int directory() const { return directory_; }

 private:
  explicit ControlAddress(int directory) : directory_(directory) {}
  int directory_;
};

}  // namespace objectstore
