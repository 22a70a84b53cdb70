#include "power_cut/disk_recorder.h"

#include <atomic>
#include <cerrno>
#include <utility>

#include "base/assert.h"

namespace objectstore::testing {

namespace {

// libc's functions have no other way to find it.
std::atomic<DiskRecorder*> active_recorder = nullptr;

std::string_view name_of(DiskCall::Kind kind) {
  switch (kind) {
    case DiskCall::Kind::create:
      return "create";
    case DiskCall::Kind::write:
      return "write";
    case DiskCall::Kind::truncate:
      return "truncate";
    case DiskCall::Kind::rename:
      return "rename";
    case DiskCall::Kind::unlink:
      return "unlink";
    case DiskCall::Kind::make_directory:
      return "mkdir";
    case DiskCall::Kind::remove_directory:
      return "rmdir";
    case DiskCall::Kind::sync:
      return "sync";
    case DiskCall::Kind::sync_directory:
      return "sync directory";
    case DiskCall::Kind::sync_everything:
      break;
  }
  return "sync everything";
}

}  // namespace

std::string to_string(const DiskCall& call) {
  std::string text(name_of(call.kind));
  text.append(" ").append(call.path);
  if (!call.target.empty()) text.append(" to ").append(call.target);
  if (call.kind == DiskCall::Kind::write) {
    text.append(" ").append(std::to_string(call.bytes.size()));
    text.append(" bytes at ").append(std::to_string(call.offset));
  }
  if (call.kind == DiskCall::Kind::truncate) {
    text.append(" to ").append(std::to_string(call.offset)).append(" bytes");
  }
  return text.append(" (").append(call.phase).append(")");
}

DiskRecorder::DiskRecorder(const std::filesystem::path& root)
    : prefix_(std::filesystem::canonical(root).string() + "/") {
  DiskRecorder* none = nullptr;
  OBJECTSTORE_ASSERT(active_recorder.compare_exchange_strong(none, this));
}

DiskRecorder::~DiskRecorder() {
  active_recorder = nullptr;
}

DiskRecorder* DiskRecorder::active() {
  return active_recorder.load();
}

void DiskRecorder::enter(std::string_view phase) {
  const std::lock_guard lock(mutex_);
  phase_ = phase;
}

std::size_t DiskRecorder::size() const {
  const std::lock_guard lock(mutex_);
  return calls_.size();
}

DiskCalls DiskRecorder::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(calls_, {});
}

void DiskRecorder::fail_calls(std::size_t first, std::size_t count, int error) {
  const std::lock_guard lock(mutex_);
  until_failure_ = first - 1;
  failures_left_ = count;
  error_ = error;
  has_failed_ = false;
}

bool DiskRecorder::has_failed() const {
  const std::lock_guard lock(mutex_);
  return has_failed_;
}

std::optional<std::string> DiskRecorder::below_root(const std::string& path) const {
  const auto normal = std::filesystem::path(path).lexically_normal().string();
  std::string_view absolute = normal;
  const auto root = std::string_view(prefix_).substr(0, prefix_.size() - 1);
  if (absolute == root) return std::string();
  if (!absolute.starts_with(prefix_)) return std::nullopt;
  absolute.remove_prefix(prefix_.size());
  const auto name = absolute.substr(absolute.rfind('/') + 1);
  if (name == "LOG" || name.starts_with("LOG.")) return std::nullopt;
  return std::string(absolute);
}

bool DiskRecorder::refuses() {
  const std::lock_guard lock(mutex_);
  if (failures_left_ == 0) return false;
  if (until_failure_ > 0) {
    --until_failure_;
    return false;
  }
  --failures_left_;
  has_failed_ = true;
  errno = error_;
  return true;
}

void DiskRecorder::add(DiskCall call) {
  const std::lock_guard lock(mutex_);
  call.phase = phase_;
  calls_.push_back(std::move(call));
}

}  // namespace objectstore::testing
