// One simulated server process: the real tiered store, change log and recovery on simulated time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "changelog/recovery.h"
#include "testing/history.h"
#include "testing/sim_multipart.h"
#include "testing/sim_stores.h"
#include "tiered/tiered_store.h"

namespace objectstore::testing {

// The stores as one process uses them.
struct StoreView {
  RowStore* rows;
  BlobStore* blobs;
  ChangeLog* log;
};

// Stores in front of others; lives as long as its process.
class StoreDecorator {
 public:
  virtual ~StoreDecorator() = default;
  [[nodiscard]] virtual StoreView stores() = 0;
};

// Payloads above this many bytes go to the long-term tier.
inline constexpr std::size_t sim_inline_limit = 16;

struct SimServerSettings {
  Duration clock_skew{};
  CommitRules rules = CommitRules::protocol;
  bool recovers = true;
  bool sweeps = false;  // removes what has expired
  Duration sweep_interval = std::chrono::seconds(10);
  // Clocks differ and objects expire: that one is not found says nothing.
  bool absence_is_doubtful = false;
  // Longer than any upload lasts in a simulation, pauses included.
  Duration late_upload_window = std::chrono::hours(4);
  Duration largest_clock_skew = std::chrono::hours(2);  // as TieredSettings has it
  Duration multipart_lifetime = std::chrono::minutes(40);
  ChangeLogSettings log;  // but for its late_upload_window
  // Puts other stores between those of the process and what uses them; may return null.
  std::function<std::unique_ptr<StoreDecorator>(StoreView, SimProcess&, Clock&)> decorate;

  // Of the parts of a process.
  [[nodiscard]] TieredSettings tiered() const;
  [[nodiscard]] ChangeLogSettings change_log() const;
};

// Keep it until the world ends, also when its process was killed: requests of it may be under way.
class SimServer {
 public:
  SimServer(SimWorld& world, int id, SimBackends& backends, CallPolicy& policy,
            const SimServerSettings& settings);
  ~SimServer() { kill(); }

  [[nodiscard]] SimProcess& process() { return process_; }
  [[nodiscard]] const SimProcess& process() const { return process_; }
  [[nodiscard]] bool alive() const { return process_.alive(); }
  void kill() { process_.kill(); }

  // Nothing is left of the operations that were begun.
  [[nodiscard]] bool idle() const { return operations_ == 0 && store_.background_tasks() == 0; }

  // Begin an operation; `history` learns how it ends, and `done` runs if it does. `value` is the
  // payload, unset for a delete.
  void write(const std::string& object, std::optional<std::string> value, History& history,
             std::function<void()> done, ExpirationPolicy policy = {});
  void read(const std::string& object, History& history, std::function<void()> done);

  // An upload in two parts, up to its completion; `done` gets nullopt where that did not succeed.
  struct PartUpload {
    std::string object;
    std::string id;
    std::vector<ListedPart> parts;
  };
  void begin_upload(const std::string& object, const std::string& value, ExpirationPolicy policy,
                    std::function<void(std::optional<PartUpload>)> done);
  // One try of its completion, which is the operation `operation` of the history; `done` learns
  // whether another try may still succeed.
  void complete_upload(PartUpload upload, History& history, std::size_t operation,
                       std::function<void(bool again)> done);
  void abort_upload(PartUpload upload, std::function<void()> done);

 private:
  // The log to use, after the settings' decorator has taken its place.
  [[nodiscard]] ChangeLog& decorated(const SimServerSettings& settings);
  [[nodiscard]] Task<void> write_task(std::string object, std::optional<std::string> value,
                                      ExpirationPolicy policy, History& history,
                                      std::size_t operation, std::function<void()> done);
  [[nodiscard]] Task<void> upload_task(std::string object, std::string value,
                                       ExpirationPolicy policy,
                                       std::function<void(std::optional<PartUpload>)> done);
  [[nodiscard]] Task<Result<PartUpload>> upload_parts(std::string object, std::string value,
                                                      ExpirationPolicy policy);
  [[nodiscard]] Task<void> complete_task(PartUpload upload, History& history, std::size_t operation,
                                         std::function<void(bool)> done);
  [[nodiscard]] Task<void> abort_task(PartUpload upload, std::function<void()> done);
  [[nodiscard]] Task<void> read_task(std::string object, History& history, std::size_t operation,
                                     std::function<void()> done);

  const bool absence_is_doubtful_;
  SimProcess process_;
  SimClock clock_;
  SeededRandom random_;
  NullLogger logger_;
  SimNetwork network_;
  SimRowStore rows_;
  SimBlobStore blobs_;
  SimMultipart multipart_;
  SimChangeLog log_;
  std::unique_ptr<StoreDecorator> decorator_;
  StoreView stores_;
  OpenChanges changes_;
  UploadEntries entries_;
  TieredStore store_;
  Recovery recovery_;
  ExpirySweep sweep_;
  TaskScope tasks_;
  std::size_t operations_ = 0;
};

// The key of the row behind the name of an object here.
[[nodiscard]] std::string sim_key(const std::string& object);
// The payload that a row leads to; unset where there is none.
[[nodiscard]] std::optional<std::string> stored_value(const SimBackends& backends,
                                                      const RowState& state);

// What is wrong with the stores at this moment: a row that points to no blob (I1), a blob that
// expires before its row (I8). A row whose deadline has passed may outlive its blob.
[[nodiscard]] std::optional<std::string> check_rows(const SimBackends& backends);
// What is wrong with them at rest: besides, a blob or an upload that nobody owns, an entry (I3,
// I9).
[[nodiscard]] std::optional<std::string> check_at_rest(const SimBackends& backends);

}  // namespace objectstore::testing
