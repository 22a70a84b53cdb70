// A FileTree that holds one file in memory, for readers of files.
#pragma once

#include <cstring>
#include <memory>
#include <string>

#include "backends/filesystem/file_system.h"

namespace objectstore::fuzz {

inline Error read_only() {
  return Error(ErrorCode::io, "read only");
}

class MemoryFile final : public File {
 public:
  explicit MemoryFile(std::string_view bytes) : bytes_(bytes) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const auto piece = bytes_.substr(offset, into.size());
    std::copy(piece.begin(), piece.end(), into.begin());
    return piece.size();
  }
  Result<FileStatus> status() override {
    FileStatus status;
    status.size = bytes_.size();
    status.links = 1;
    return status;
  }
  Result<void> write_at(std::uint64_t, std::string_view) override { return read_only(); }
  Result<void> sync() override { return read_only(); }
  Result<bool> try_lock() override { return read_only(); }
  void start_writeback(std::uint64_t, std::uint64_t) override {}
  void expect_sequential_reads() override {}

 private:
  std::string_view bytes_;
};

class MemoryTree final : public FileTree {
 public:
  // `bytes` outlives the tree and its files; they are what every path holds.
  explicit MemoryTree(std::string_view bytes) : bytes_(bytes) {}

  Result<std::unique_ptr<File>> open(const std::string&) override {
    return std::unique_ptr<File>(std::make_unique<MemoryFile>(bytes_));
  }
  Result<std::unique_ptr<File>> create(const std::string&) override { return read_only(); }
  Result<std::optional<FileStatus>> status(const std::string&) override { return read_only(); }
  Result<Renamed> rename_to_new(const std::string&, const std::string&) override {
    return read_only();
  }
  Result<void> rename_over(const std::string&, const std::string&) override { return read_only(); }
  Result<bool> unlink(const std::string&) override { return read_only(); }
  Result<bool> make_directory(const std::string&) override { return read_only(); }
  Result<bool> remove_directory(const std::string&) override { return read_only(); }
  Result<std::vector<std::string>> list(const std::string&) override { return read_only(); }
  Result<bool> sync_directory(const std::string&) override { return read_only(); }
  Result<void> sync_everything() override { return read_only(); }

 private:
  std::string_view bytes_;
};

}  // namespace objectstore::fuzz
