// Objects as files in one directory, without tiers; nothing runs beside requests.
#pragma once

#include <optional>

#include "app/storage.h"
#include "backends/filesystem/object_multipart.h"
#include "backends/filesystem/object_store.h"
#include "backends/filesystem/posix_file_system.h"

namespace objectstore {

class FilesystemOnly final : public Storage {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Storage>> open(const FilesystemStorage& config,
                                                             const Machine& machine);

  Task<Result<void>> connect() override { co_return Result<void>(); }
  ObjectStore& objects() override { return *objects_; }
  MultipartObjects* multipart() override { return &*multipart_; }
  [[nodiscard]] bool writable() const override { return true; }
  void start(const boost::asio::any_io_executor&) override {}
  void start_heartbeats(const boost::asio::any_io_executor&) override {}
  Task<void> stop(Duration) override { co_return; }
  Result<ScrubParts> maintenance() override;

 private:
  PosixFileSystem files_;
  std::unique_ptr<FilesystemObjectStore> objects_;
  std::optional<FilesystemMultipartObjects> multipart_;
};

}  // namespace objectstore
