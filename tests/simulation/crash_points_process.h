// A server process under crash points: the real tiered store, change log, recovery and sweep.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "changelog/recovery.h"
#include "simulation/crash_points_stores.h"
#include "testing/history.h"
#include "tiered/tiered_store.h"

namespace objectstore::testing {

// Payloads above this many bytes go to the long-term tier.
inline constexpr std::size_t crash_inline_limit = 16;

// How a client sends a body.
enum class Sending : std::uint8_t {
  whole,
  cut_off,  // it goes in the middle
  slowly,   // for longer than a heartbeat
};

struct CrashProcessSettings {
  bool recovers = false;  // settles what others have left
  bool sweeps = false;    // and removes what has expired
  bool beats = true;
  int cleanup_attempts = 5;
  std::size_t scan_limit = 100;
};

// What a read has told.
struct Seen {
  bool answered = false;
  std::optional<std::string> value;
};

// Keep it until the world ends, also when its process was killed: requests of it may be under way.
class CrashProcess {
 public:
  CrashProcess(int id, CrashStage& stage, const CrashProcessSettings& settings);
  ~CrashProcess() { process_.kill(); }

  [[nodiscard]] SimProcess& process() { return process_; }
  [[nodiscard]] bool runs() const { return process_.alive() && !process_.paused(); }
  // Nothing is left of what was begun.
  [[nodiscard]] bool idle() const { return operations_ == 0 && store_.background_tasks() == 0; }
  [[nodiscard]] const RecoveryCounters& recovery() const { return recovery_.counters(); }

  // Runs an operation of the store on `object` beside whatever else runs.
  void begin(Task<void> operation);

  // Operations. The result, if it ever comes, goes to `*result`, which lives as long as this.
  [[nodiscard]] Task<void> put(std::string value, Sending sending, ExpirationPolicy policy,
                               std::optional<Result<void>>* result);
  [[nodiscard]] Task<void> remove(std::optional<Result<void>>* result);
  [[nodiscard]] Task<void> get(std::optional<Seen>* result);
  // Tells "here" for the value.
  [[nodiscard]] Task<void> head(std::optional<Seen>* result);
  [[nodiscard]] Task<void> sweep();

  // The object that all of this is about.
  [[nodiscard]] static ObjectId object();

 private:
  [[nodiscard]] Task<void> counted(Task<void> operation);

  SimProcess process_;
  SimClock clock_;
  SeededRandom random_;
  NullLogger logger_;
  SimNetwork network_;
  SimRowStore rows_;
  SimBlobStore sim_blobs_;
  NamedBlobStore blobs_;
  SimChangeLog sim_log_;
  NamedChangeLog log_;
  NamedSweeper sweeper_;
  OpenChanges changes_;
  TieredStore store_;
  Recovery recovery_;
  ExpirySweep sweep_;
  TaskScope tasks_;
  std::size_t operations_ = 0;
};

}  // namespace objectstore::testing
