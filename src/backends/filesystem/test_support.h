// What the tests of this folder share: a directory of their own, a file system with faults, bodies.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/filesystem/posix_file_system.h"
#include "runtime/byte_stream.h"
#include "runtime/random.h"
#include "testing/run.h"
#include "testing/scratch_directory.h"
#include "testing/some_bytes.h"

namespace objectstore {

// An empty directory, removed with the object.
class TestDirectory {
 public:
  [[nodiscard]] std::string path() const { return directory_.path().string(); }
  [[nodiscard]] std::string path(const std::string& below) const { return path() + "/" + below; }
  [[nodiscard]] bool has(const std::string& below) const {
    return std::filesystem::exists(directory_.path() / below);
  }
  [[nodiscard]] std::string read(const std::string& below) const {
    std::ifstream in(directory_.path() / below, std::ios::binary);
    EXPECT_TRUE(in.good()) << below;
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void write(const std::string& below, std::string_view bytes) const {
    std::filesystem::create_directories((directory_.path() / below).parent_path());
    std::ofstream out(directory_.path() / below, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    EXPECT_TRUE(out.good()) << below;
  }
  // The regular files, relative, sorted.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
      if (!entry.is_directory())
        found.push_back(std::filesystem::relative(entry, directory_.path()).string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  testing::ScratchDirectory directory_;
};

// The real file system, but syncs are only recorded, and the call chosen fails.
struct Faults {
  static constexpr int never = std::numeric_limits<int>::max();

  int calls = 0;
  int fail_at = never;  // the index of the first call that fails
  int fail_count = 1;
  ErrorCode code = ErrorCode::out_of_space;
  std::vector<std::string> trace;      // what changes names or makes durable, in order
  std::function<void()> after_create;  // runs when a file was created: somebody else's turn

  void arm(int index, ErrorCode with = ErrorCode::out_of_space, int count = 1) {
    calls = 0;
    fail_at = index;
    fail_count = count;
    code = with;
    trace.clear();
  }
  void disarm() { arm(never); }
  [[nodiscard]] bool fired() const { return calls > fail_at; }
  [[nodiscard]] bool hit() {
    const int index = calls++;
    return index >= fail_at && index - fail_at < fail_count;
  }
  [[nodiscard]] Error error() const { return Error(code, "injected"); }
};

class FaultyFile final : public File {
 public:
  FaultyFile(std::unique_ptr<File> file, Faults& faults, std::string path)
      : file_(std::move(file)), faults_(faults), path_(std::move(path)) {}

  [[nodiscard]] Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    if (faults_.hit()) {
      // A full disk takes a part.
      (void)file_->write_at(offset, bytes.substr(0, bytes.size() / 2));
      return faults_.error();
    }
    return file_->write_at(offset, bytes);
  }
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (faults_.hit()) return faults_.error();
    return file_->read_at(offset, into);
  }
  [[nodiscard]] Result<void> sync() override {
    if (faults_.hit()) return faults_.error();
    faults_.trace.push_back("sync " + path_);
    return {};
  }
  [[nodiscard]] Result<FileStatus> status() override {
    if (faults_.hit()) return faults_.error();
    return file_->status();
  }
  [[nodiscard]] Result<bool> try_lock() override {
    if (faults_.hit()) return faults_.error();
    return file_->try_lock();
  }
  void start_writeback(std::uint64_t offset, std::uint64_t length) override {
    file_->start_writeback(offset, length);
  }
  void expect_sequential_reads() override { file_->expect_sequential_reads(); }

 private:
  std::unique_ptr<File> file_;
  Faults& faults_;
  std::string path_;
};

class FaultyTree final : public FileTree {
 public:
  FaultyTree(std::unique_ptr<FileTree> tree, Faults& faults)
      : tree_(std::move(tree)), faults_(faults) {}

  [[nodiscard]] Result<std::unique_ptr<File>> open(const std::string& path) override {
    if (faults_.hit()) return faults_.error();
    return wrap(tree_->open(path), path);
  }
  [[nodiscard]] Result<std::unique_ptr<File>> create(const std::string& path) override {
    if (faults_.hit()) return faults_.error();
    auto created = tree_->create(path);
    if (faults_.after_create) faults_.after_create();
    return wrap(std::move(created), path);
  }
  [[nodiscard]] Result<std::optional<FileStatus>> status(const std::string& path) override {
    if (faults_.hit()) return faults_.error();
    return tree_->status(path);
  }
  [[nodiscard]] Result<Renamed> rename_to_new(const std::string& from,
                                              const std::string& to) override {
    if (faults_.hit()) return faults_.error();
    faults_.trace.push_back("rename " + from + " to new " + to);
    return tree_->rename_to_new(from, to);
  }
  [[nodiscard]] Result<void> rename_over(const std::string& from, const std::string& to) override {
    if (faults_.hit()) return faults_.error();
    faults_.trace.push_back("rename " + from + " over " + to);
    return tree_->rename_over(from, to);
  }
  [[nodiscard]] Result<bool> unlink(const std::string& path) override {
    if (faults_.hit()) return faults_.error();
    faults_.trace.push_back("unlink " + path);
    return tree_->unlink(path);
  }
  [[nodiscard]] Result<bool> make_directory(const std::string& path) override {
    if (faults_.hit()) return faults_.error();
    faults_.trace.push_back("mkdir " + path);
    return tree_->make_directory(path);
  }
  [[nodiscard]] Result<bool> remove_directory(const std::string& path) override {
    if (faults_.hit()) return faults_.error();
    faults_.trace.push_back("rmdir " + path);
    return tree_->remove_directory(path);
  }
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) override {
    if (faults_.hit()) return faults_.error();
    return tree_->list(path);
  }
  [[nodiscard]] Result<bool> sync_directory(const std::string& path) override {
    if (faults_.hit()) return faults_.error();
    faults_.trace.push_back("sync directory " + path);
    if (path.empty()) return true;
    TRY_ASSIGN(const auto found, tree_->status(path));
    return found && found->is_directory;
  }
  [[nodiscard]] Result<void> sync_everything() override {
    if (faults_.hit()) return faults_.error();
    faults_.trace.push_back("sync everything");
    return {};
  }

 private:
  [[nodiscard]] Result<std::unique_ptr<File>> wrap(Result<std::unique_ptr<File>> opened,
                                                   const std::string& path) {
    if (!opened.ok() || !*opened) return opened;
    std::unique_ptr<File> file =
        std::make_unique<FaultyFile>(std::move(opened).value(), faults_, path);
    return file;
  }

  std::unique_ptr<FileTree> tree_;
  Faults& faults_;
};

class FaultyFileSystem final : public FileSystem {
 public:
  [[nodiscard]] Result<std::unique_ptr<FileTree>> open_tree(const std::string& root) override {
    TRY_ASSIGN(auto tree, real_.open_tree(root));
    std::unique_ptr<FileTree> wrapped = std::make_unique<FaultyTree>(std::move(tree), faults);
    return wrapped;
  }
  Faults faults;

 private:
  PosixFileSystem real_;
};

// Pieces of a body, then its end, or an error in the end's place.
class PiecewiseBody final : public ByteStream {
 public:
  explicit PiecewiseBody(std::vector<std::string> pieces, std::optional<Error> end = std::nullopt)
      : pieces_(std::move(pieces)), end_(std::move(end)) {}

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    if (next_ < pieces_.size()) co_return std::string_view(pieces_[next_++]);
    if (end_) co_return *end_;
    co_return std::string_view();
  }

 private:
  std::vector<std::string> pieces_;
  std::optional<Error> end_;
  std::size_t next_ = 0;
};

class CountingRandom final : public Random {
 public:
  [[nodiscard]] std::uint64_t next() override { return state_ += 0x9e3779b97f4a7c15; }

 private:
  std::uint64_t state_ = 1;
};

// The code of the error; unset: there is none.
template <class T>
std::optional<ErrorCode> code_of(const Result<T>& result) {
  if (result.ok()) return std::nullopt;
  return result.error().code();
}

inline Task<Result<std::string>> read_to_end(ByteStream& stream) {
  std::string all;
  for (;;) {
    CO_TRY_ASSIGN(const auto bytes, co_await stream.next());
    if (bytes.empty()) co_return all;
    all.append(bytes);
  }
}

inline std::string test_bytes(std::size_t size) {
  return testing::some_bytes(size);
}

}  // namespace objectstore
