// Stores that pass every call on: bases for those that tests put in front of others, which then
// tell only what they do differently.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "changelog/change_log.h"
#include "storage/blob_store.h"

namespace objectstore::testing {

class ForwardingBlobStore : public BlobStore {
 public:
  explicit ForwardingBlobStore(BlobStore& inner) : inner_(inner) {}

  [[nodiscard]] Result<void> check_name(std::string_view object_path) const override {
    return inner_.check_name(object_path);
  }
  Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                   const Metadata& metadata) override {
    return inner_.create(name, metadata);
  }
  Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) override {
    return inner_.open(name);
  }
  Task<Result<Discarded>> discard(const Revision& name, std::string_view upload) override {
    return inner_.discard(name, upload);
  }
  Task<Result<bool>> extend(const Revision& name, WallTime deadline) override {
    return inner_.extend(name, deadline);
  }

 protected:
  [[nodiscard]] BlobStore& inner() { return inner_; }

 private:
  BlobStore& inner_;
};

class ForwardingChangeLog : public ChangeLog {
 public:
  explicit ForwardingChangeLog(ChangeLog& inner) : inner_(inner) {}

  [[nodiscard]] bool durable() const override { return inner_.durable(); }
  Task<Result<void>> record(const std::vector<LogEntry>& entries, EntryTime time) override {
    return inner_.record(entries, time);
  }
  Task<Result<void>> remove(std::string_view key) override { return inner_.remove(key); }
  Task<Mutation> exchange(std::string_view key, const std::optional<UploadState>& expected,
                          const std::optional<LogEntry>& next, EntryTime time) override {
    return inner_.exchange(key, expected, next, time);
  }
  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest& request) override {
    return inner_.scan(request);
  }
  Task<Mutation> claim(const ScannedEntry& entry, EntryTime now) override {
    return inner_.claim(entry, now);
  }
  Task<Mutation> quarantine(const ScannedEntry& entry, std::string_view reason,
                            EntryTime now) override {
    return inner_.quarantine(entry, reason, now);
  }
  Task<Result<std::vector<QuarantinedEntry>>> quarantined(EntryTime before, std::string_view after,
                                                          std::size_t limit) override {
    return inner_.quarantined(before, after, limit);
  }
  Task<Result<void>> release(const QuarantinedEntry& entry, EntryTime time) override {
    return inner_.release(entry, time);
  }
  Task<Mutation> drop(const QuarantinedEntry& entry) override { return inner_.drop(entry); }

 protected:
  [[nodiscard]] ChangeLog& inner() { return inner_; }

 private:
  ChangeLog& inner_;
};

}  // namespace objectstore::testing
