// objectstore-poison ROWS KEY VALUE TIME_MS [REASON]: writes a row of the change log into the
// database of a stopped server, whatever its key and value; with REASON, puts it into quarantine.
#include <charconv>
#include <iostream>

#include "backends/rocksdb/rocksdb_change_log.h"
#include "backends/rocksdb/row_format.h"
#include "runtime/real_clock.h"
#include "testing/run.h"

namespace objectstore {
namespace {

class RawRow final : public CommitRequest {
 public:
  RawRow(std::string key, std::string value) : key_(std::move(key)), value_(std::move(value)) {}
  [[nodiscard]] Result<void> apply(CommitBatch& batch) override {
    batch.put_log_value(key_, value_);
    return Result<void>();
  }

 private:
  std::string key_;
  std::string value_;
};

struct Poison {
  std::string key;
  std::string value;
  EntryTime time = 0;
  std::optional<std::string> reason;
};

Task<Result<void>> write(CommitQueue& commits, ChangeLog& log, Poison poison) {
  RawRow row(poison.key, encode_log_value(poison.key, poison.time, poison.value));
  const auto outcome = co_await commits.run(row);
  if (outcome.error) co_return *outcome.error;
  if (!poison.reason) co_return Result<void>();
  ScannedEntry entry;
  entry.key = poison.key;
  entry.time = poison.time;
  const auto moved = co_await log.quarantine(entry, *poison.reason, poison.time);
  if (!moved.is_applied()) co_return Error(ErrorCode::internal, "the entry was not put aside");
  co_return Result<void>();
}

Result<void> poison_log(const std::string& rows_path, Poison poison) {
  RealClock clock;
  NullLogger logger;
  InlinePool pool;
  TRY_ASSIGN(const auto database, Database::open(rows_path, clock, logger, DatabaseSettings{}));
  CommitQueue commits(*database, clock, logger);
  RocksDbChangeLog log(*database, commits, pool);
  return testing::run(write(commits, log, std::move(poison)));
}

}  // namespace
}  // namespace objectstore

int main(int argc, char** argv) {
  objectstore::Poison poison;
  const std::string_view time = argc > 4 ? argv[4] : "";
  const auto parsed = std::from_chars(time.data(), time.data() + time.size(), poison.time);
  if (argc < 5 || argc > 6 || parsed.ec != std::errc()) {
    std::cerr << "usage: objectstore-poison ROWS KEY VALUE TIME_MS [REASON]\n";
    return 2;
  }
  poison.key = argv[2];
  poison.value = argv[3];
  if (argc == 6) poison.reason = argv[5];
  const auto done = objectstore::poison_log(argv[1], std::move(poison));
  if (done.ok()) return 0;
  std::cerr << done.error().describe() << '\n';
  return 1;
}
