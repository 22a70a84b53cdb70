// A scrub over a tiered store on memory backends, with a hand on everything it asks.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "maintenance/scrub.h"
#include "testing/forwarding_stores.h"
#include "testing/row_values.h"
#include "tiered/test_support.h"

namespace objectstore::testing {

using Fault = std::function<std::optional<Error>()>;

// Fails from its `n`-th call on (counted from 1), `times` times.
inline Fault fails_from(int n, int times, ErrorCode code = ErrorCode::unavailable) {
  return [n, times, code, call = 0]() mutable -> std::optional<Error> {
    ++call;
    if (call < n || call >= n + times) return std::nullopt;
    return Error(code, "injected");
  };
}
inline constexpr int always = 1'000'000;

class HookedRowLister final : public RowLister {
 public:
  explicit HookedRowLister(RowLister& inner) : inner_(inner) {}
  Fault list_fault, inspect_fault;
  std::function<void(const std::string& key)> before_inspect;
  std::set<std::string> unreadable;
  std::size_t pages = 0, largest_page = 0;

  Task<Result<RowPage>> list_rows(std::string from, std::size_t limit) override {
    if (auto fault = list_fault ? list_fault() : std::nullopt) co_return *std::move(fault);
    auto page = co_await inner_.list_rows(std::move(from), limit);
    ++pages;
    largest_page = std::max(largest_page, page->rows.size());
    for (auto& row : page->rows)
      spoil(row);
    co_return page;
  }
  Task<Result<ListedRow>> inspect(std::string_view key) override {
    if (auto fault = inspect_fault ? inspect_fault() : std::nullopt) co_return *std::move(fault);
    if (before_inspect) before_inspect(std::string(key));
    auto row = co_await inner_.inspect(key);
    spoil(*row);
    co_return row;
  }

 private:
  void spoil(ListedRow& row) {
    if (unreadable.contains(row.key)) row = ListedRow{row.key, Row(), {}, "the row is damaged"};
  }
  RowLister& inner_;
};

class HookedBlobLister final : public BlobLister {
 public:
  explicit HookedBlobLister(BlobLister& inner) : inner_(inner) {}
  Fault fault;
  std::function<void(ListedBlob&)> change;
  std::size_t pages = 0, largest_page = 0;

  Task<Result<BlobPage>> list_blobs(std::string from, std::size_t limit) override {
    if (auto injected = fault ? fault() : std::nullopt) co_return *std::move(injected);
    auto page = co_await inner_.list_blobs(std::move(from), limit);
    ++pages;
    largest_page = std::max(largest_page, page->blobs.size());
    for (auto& blob : page->blobs) {
      if (change) change(blob);
    }
    co_return page;
  }

 private:
  BlobLister& inner_;
};

class HookedBlobStore final : public ForwardingBlobStore {
 public:
  using ForwardingBlobStore::ForwardingBlobStore;
  std::function<std::optional<Error>(const Revision&)> on_open;
  std::function<std::optional<Error>(std::size_t piece)> on_piece;  // counted from 1 in a stream
  Fault discard_fault;
  std::uint64_t missing_bytes = 0;  // that a blob should have and does not

  Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) override {
    if (auto error = on_open ? on_open(name) : std::nullopt) co_return *std::move(error);
    CO_TRY_ASSIGN(auto reader, co_await inner().open(name));
    std::unique_ptr<BlobReader> hooked;
    if (reader) hooked = std::make_unique<Reader>(*this, std::move(reader));
    co_return std::move(hooked);
  }
  Task<Result<Discarded>> discard(const Revision& name, std::string_view upload) override {
    if (auto error = discard_fault ? discard_fault() : std::nullopt) co_return *std::move(error);
    co_return co_await inner().discard(name, upload);
  }

 private:
  class Stream final : public ByteStream {
   public:
    Stream(HookedBlobStore& store, std::unique_ptr<ByteStream> inner)
        : store_(store), inner_(std::move(inner)) {}
    Task<Result<std::string_view>> next() override {
      auto error = store_.on_piece ? store_.on_piece(++piece_) : std::nullopt;
      if (error) co_return *std::move(error);
      co_return co_await inner_->next();
    }

   private:
    HookedBlobStore& store_;
    std::unique_ptr<ByteStream> inner_;
    std::size_t piece_ = 0;
  };
  class Reader final : public BlobReader {
   public:
    Reader(HookedBlobStore& store, std::unique_ptr<BlobReader> inner)
        : store_(store), inner_(std::move(inner)) {}
    [[nodiscard]] const Metadata& metadata() const override { return inner_->metadata(); }
    [[nodiscard]] std::uint64_t size() const override {
      return inner_->size() + store_.missing_bytes;
    }
    [[nodiscard]] std::unique_ptr<ByteStream> stream(ByteRange range) override {
      return std::make_unique<Stream>(store_, inner_->stream(range));
    }

   private:
    HookedBlobStore& store_;
    std::unique_ptr<BlobReader> inner_;
  };
};

class HookedLog final : public ForwardingChangeLog {
 public:
  using ForwardingChangeLog::ForwardingChangeLog;
  bool is_durable = true;
  Fault scan_fault, quarantined_fault;
  std::function<void()> before_scan, after_scan;
  std::size_t scans = 0, largest_page = 0;

  [[nodiscard]] bool durable() const override { return is_durable; }
  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest& request) override {
    if (auto fault = scan_fault ? scan_fault() : std::nullopt) co_return *std::move(fault);
    if (before_scan) before_scan();
    auto found = co_await inner().scan(request);
    ++scans;
    largest_page = std::max(largest_page, found->size());
    if (after_scan) after_scan();
    co_return found;
  }
  Task<Result<std::vector<QuarantinedEntry>>> quarantined(EntryTime before, std::string_view after,
                                                          std::size_t limit) override {
    auto fault = quarantined_fault ? quarantined_fault() : std::nullopt;
    if (fault) co_return *std::move(fault);
    co_return co_await inner().quarantined(before, after, limit);
  }
};

class FindingsKept final : public ScrubObserver {
 public:
  std::vector<Finding> findings;
  std::vector<ScrubProgress> steps;
  std::function<void()> on_progress;
  void found(const Finding& finding) override { findings.push_back(finding); }
  void progress(const ScrubProgress& progress) override {
    steps.push_back(progress);
    if (on_progress) on_progress();
  }
  // "kind object", sorted; with " repaired" behind it where it is.
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const auto& finding : findings) {
      texts.push_back(std::string(to_string(finding.kind)) + " " + finding.object +
                      (finding.repaired ? " repaired" : ""));
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  }
};

// The helpers that change the stores may be called while a scrub is running.
class ScrubTest : public TieredTest {
 protected:
  using Texts = std::vector<std::string>;
  using Outcome = ScrubReport::Outcome;

  Task<ScrubReport> scrubbing() {
    const ScrubParts parts{row_lister_, blob_lister_, rows_,  blob_store_, hooked_log_,
                           changes_,    settler(),    clock_, random_,     logger_};
    return scrub(parts, options_, told_);
  }
  // Runs a scrub to its end and returns what it told.
  Texts findings() {
    told_.findings.clear();
    report_ = wait(scrubbing());
    return told_.texts();
  }
  ChangeSettler& settler() { return store_for_repair_.settler(); }

  static std::string path(const std::string& key) { return id(key).storage_path(); }
  Revision target(const std::string& key) { return std::get<RedirectRow>(row(key).state).target; }
  // A blob that nobody has ever pointed to.
  Revision add_blob(const std::string& key, std::uint64_t number, std::size_t size = 10) {
    auto name = revision_of(path(key), number);
    auto writer = run(blobs_.create(name, Metadata()));
    const std::string payload(size, 'x');
    EXPECT_TRUE(run((*writer)->append(payload)).ok());
    EXPECT_TRUE(run((*writer)->finish()).ok());
    return name;
  }
  void drop_blob(const Revision& name) { ASSERT_TRUE(run(blobs_.discard(name, "")).ok()); }
  // An entry of a change of that object.
  LogEntry add_entry(const std::string& key, std::optional<Revision> new_revision,
                     std::optional<Revision> old_revision, Duration age = Duration::zero()) {
    LogEntry entry;
    entry.change.id = make_uuid_v7(clock_, random_);
    entry.change.object = path(key);
    entry.change.new_revision = std::move(new_revision);
    entry.change.old_revision = std::move(old_revision);
    const std::vector<LogEntry> entries(1, entry);
    EXPECT_TRUE(run(log_.record(entries, unix_ms(clock_.now() - age))).ok());
    return entry;
  }
  void put_aside(const std::string& entry_key) {
    const auto stored = log_.snapshot().at(entry_key);
    const auto entry = scanned_entry(entry_key, stored.time, stored.value, stored.state);
    const auto now = unix_ms(clock_.now());
    ASSERT_TRUE(run(log_.quarantine(entry, "it could not be settled", now)).is_applied());
  }

  HookedRowLister row_lister_{memory_rows_};
  HookedBlobLister blob_lister_{blobs_};
  HookedBlobStore blob_store_{blobs_};
  HookedLog hooked_log_{log_};
  TieredStore store_for_repair_{rows_,   blob_store_, changes_,        clock_,
                                random_, logger_,     TieredSettings{}};
  ScrubOptions options_;
  FindingsKept told_;
  ScrubReport report_;
};

}  // namespace objectstore::testing
