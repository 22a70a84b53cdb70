// objectstore-audit ROWS BLOBS: looks at both tiers of a stopped server from outside and prints
// what it finds as JSON. Every row must have its blob, every blob its row; at rest, no entry is
// left.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "backends/filesystem/blob_store.h"
#include "backends/filesystem/posix_file_system.h"
#include "backends/rocksdb/rocksdb_change_log.h"
#include "backends/rocksdb/rocksdb_row_store.h"
#include "runtime/real_clock.h"

namespace objectstore {
namespace {

using Json = nlohmann::json;
constexpr std::size_t page = 1000;

struct Findings {
  std::size_t rows = 0;
  std::set<Revision> redirects;
  std::map<Revision, std::string> blobs;
  std::vector<std::string> corrupt;
  std::size_t entries = 0;
  std::size_t open_uploads = 0;
  std::size_t swept_later = 0;
  std::size_t quarantined = 0;
  std::size_t temporary_files = 0;
};

Task<Result<void>> read_rows(RocksDbRowStore& rows, Findings& findings) {
  std::string from;
  do {
    CO_TRY_ASSIGN(auto listed, co_await rows.list_rows(from, page));
    for (const auto& item : listed.rows) {
      if (!item.problem.empty()) {
        findings.corrupt.push_back(item.problem);
        continue;
      }
      const auto& state = item.row.state;
      if (!std::holds_alternative<AbsentRow>(state)) ++findings.rows;
      if (const auto* target = redirect_target(state)) findings.redirects.insert(*target);
      auto whole = co_await rows.read(item.key, RowPart::everything);
      if (!whole.ok()) findings.corrupt.push_back(whole.error().describe());
    }
    from = std::move(listed.next);
  } while (!from.empty());
  co_return Result<void>();
}

// Reads every payload to its end, so that each checksum is verified.
Task<Result<void>> read_blobs(FilesystemBlobStore& blobs, Findings& findings) {
  std::string from;
  do {
    CO_TRY_ASSIGN(auto listing, co_await blobs.list_blobs(from, page));
    for (const auto& blob : listing.blobs) {
      if (!blob.revision) {
        findings.corrupt.push_back(blob.name + ": " + blob.problem);
        continue;
      }
      findings.blobs.emplace(*blob.revision, blob.name);
      CO_TRY_ASSIGN(auto reader, co_await blobs.open(*blob.revision));
      if (!reader) continue;
      auto stream = reader->stream(ByteRange{0, reader->size()});
      while (true) {
        auto bytes = co_await stream->next();
        if (!bytes.ok()) findings.corrupt.push_back(bytes.error().describe());
        if (!bytes.ok() || bytes->empty()) break;
      }
    }
    from = std::move(listing.next);
  } while (!from.empty());
  co_return Result<void>();
}

// Before the store is opened, for opening removes what dead uploads have left.
std::size_t count_temporary_files(const std::string& blobs_path) {
  std::error_code error;
  const std::filesystem::directory_iterator files(blobs_path + "/tmp", error);
  return error ? 0 : static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

Task<Result<void>> read_log(ChangeLog& log, Findings& findings) {
  const auto request = ScanRequest::all(1'000'000);
  CO_TRY_ASSIGN(const auto entries, co_await log.scan(request));
  for (const auto& entry : entries) {
    const auto* known = std::get_if<LogEntry>(&entry.content);
    auto* count = &findings.entries;
    if (known != nullptr && is_open_upload(*known)) count = &findings.open_uploads;
    if (known != nullptr && known->swept_later) count = &findings.swept_later;
    ++*count;
  }
  CO_TRY_ASSIGN(const auto quarantined, co_await log.quarantined(UINT64_MAX, "", 1'000'000));
  findings.quarantined = quarantined.size();
  co_return Result<void>();
}

Json report(const Findings& findings) {
  Json dangling = Json::array();
  for (const auto& target : findings.redirects) {
    if (!findings.blobs.contains(target)) dangling.push_back(target.path());
  }
  Json orphans = Json::array();
  for (const auto& [revision, file] : findings.blobs) {
    if (!findings.redirects.contains(revision)) orphans.push_back(file);
  }
  return Json{{"rows", findings.rows},
              {"redirects", findings.redirects.size()},
              {"blobs", findings.blobs.size()},
              {"dangling", dangling},
              {"orphans", orphans},
              {"corrupt", findings.corrupt},
              {"entries", findings.entries},
              {"open_uploads", findings.open_uploads},
              {"swept_later", findings.swept_later},
              {"quarantined", findings.quarantined},
              {"temporary_files", findings.temporary_files}};
}

Result<Json> audit(const std::string& rows_path, const std::string& blobs_path) {
  RealClock clock;
  NullLogger logger;
  InlinePool pool;
  PosixFileSystem files;
  Findings findings;
  findings.temporary_files = count_temporary_files(blobs_path);
  TRY_ASSIGN(auto database, Database::open(rows_path, clock, logger, DatabaseSettings{}));
  CommitQueue commits(*database, clock, logger);
  RocksDbRowStore rows(*database, commits, pool, ReclaimSettings{});
  RocksDbChangeLog log(*database, commits, pool);
  TRY_ASSIGN(auto blobs, FilesystemBlobStore::open(blobs_path, files, pool, logger));
  boost::asio::io_context context;
  Result<void> outcome;
  auto everything = [](RocksDbRowStore& r, FilesystemBlobStore& b, ChangeLog& l,
                       Findings& f) -> Task<Result<void>> {
    CO_TRY(co_await read_rows(r, f));
    CO_TRY(co_await read_blobs(b, f));
    co_return co_await read_log(l, f);
  };
  boost::asio::co_spawn(context, everything(rows, *blobs, log, findings),
                        [&](const std::exception_ptr& error, Result<void> result) {
                          if (error) std::rethrow_exception(error);
                          outcome = std::move(result);
                        });
  context.run();
  TRY(std::move(outcome));
  return report(findings);
}

}  // namespace
}  // namespace objectstore

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: objectstore-audit ROWS BLOBS\n";
    return 2;
  }
  const auto result = objectstore::audit(argv[1], argv[2]);
  if (!result.ok()) {
    std::cerr << result.error().describe() << '\n';
    return 1;
  }
  std::cout << result->dump(2) << '\n';
}
