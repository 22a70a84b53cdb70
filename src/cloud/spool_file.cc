#include "cloud/spool_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/assert.h"

namespace objectstore {

namespace {

constexpr std::size_t piece_bytes = 256 << 10;

Error spool_error(const std::string& directory, std::string_view action, int number) {
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  std::string message = "can't ";
  message.append(action).append(" a spool file in ").append(directory).append(": ");
  message.append(std::generic_category().message(number));
  return Error(full ? ErrorCode::out_of_space : ErrorCode::io, std::move(message));
}

}  // namespace

struct SpoolFile::Descriptor {
  Descriptor(int opened, std::string in) : fd(opened), directory(std::move(in)) {}
  ~Descriptor() { ::close(fd); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  // All of these block.
  [[nodiscard]] static Result<std::shared_ptr<Descriptor>> open(const std::string& directory);
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::string_view bytes) const;
  [[nodiscard]] Result<void> read(std::uint64_t offset, std::string& into) const;
  [[nodiscard]] Result<void> empty() const;

  const int fd;
  const std::string directory;
};

Result<std::shared_ptr<SpoolFile::Descriptor>> SpoolFile::Descriptor::open(
    const std::string& directory) {
  int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  // Not every file system has files without a name, nor every kernel.
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
    std::string name = directory + "/spool-XXXXXX";
    fd = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd >= 0) ::unlink(name.c_str());
  }
  if (fd < 0) return spool_error(directory, "open", errno);
  return std::make_shared<Descriptor>(fd, directory);
}

Result<void> SpoolFile::Descriptor::write(std::uint64_t offset, std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return spool_error(directory, "write", count < 0 ? errno : ENOSPC);
    offset += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> SpoolFile::Descriptor::read(std::uint64_t offset, std::string& into) const {
  for (std::size_t filled = 0; filled < into.size();) {
    const auto count = ::pread(fd, into.data() + filled, into.size() - filled,
                               static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return spool_error(directory, "read", errno);
    if (count == 0) {
      return Error(ErrorCode::io, "a spool file in " + directory + " has lost its last bytes");
    }
    filled += static_cast<std::size_t>(count);
  }
  return {};
}

Result<void> SpoolFile::Descriptor::empty() const {
  if (::ftruncate(fd, 0) != 0) return spool_error(directory, "empty", errno);
  return {};
}

class SpoolFile::Stream final : public ByteStream {
 public:
  Stream(BlockingPool& pool, std::shared_ptr<Descriptor> file, std::uint64_t from, std::uint64_t to)
      : pool_(pool), file_(std::move(file)), at_(from), end_(to) {}

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    if (at_ >= end_) co_return std::string_view();
    piece_.resize(std::min<std::uint64_t>(piece_bytes, end_ - at_));
    auto read = [this] { return file_->read(at_, piece_); };
    CO_TRY(co_await pool_.run(std::move(read)));
    at_ += piece_.size();
    co_return std::string_view(piece_);
  }

 private:
  BlockingPool& pool_;
  std::shared_ptr<Descriptor> file_;
  std::uint64_t at_;
  std::uint64_t end_;
  std::string piece_;
};

SpoolFile::SpoolFile(BlockingPool& pool, std::shared_ptr<Descriptor> file)
    : pool_(pool), file_(std::move(file)) {}
SpoolFile::~SpoolFile() = default;

Task<Result<std::unique_ptr<SpoolFile>>> SpoolFile::create(BlockingPool& pool,
                                                           std::string directory) {
  auto open = [&directory] { return Descriptor::open(directory); };
  CO_TRY_ASSIGN(auto file, co_await pool.run(std::move(open)));
  co_return std::unique_ptr<SpoolFile>(new SpoolFile(pool, std::move(file)));
}

Task<Result<void>> SpoolFile::append(std::string_view bytes) {
  auto write = [this, bytes] { return file_->write(size_, bytes); };
  CO_TRY(co_await pool_.run(std::move(write)));
  size_ += bytes.size();
  co_return Result<void>();
}

std::unique_ptr<ByteStream> SpoolFile::open_from(std::uint64_t offset) const {
  OBJECTSTORE_ASSERT(offset <= size_);
  return std::make_unique<Stream>(pool_, file_, offset, size_);
}

Task<Result<void>> SpoolFile::clear() {
  auto empty = [this] { return file_->empty(); };
  CO_TRY(co_await pool_.run(std::move(empty)));
  size_ = 0;
  co_return Result<void>();
}

}  // namespace objectstore
