// The operations of the store that run: a slot for each, and what is counted of them.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "model/object_id.h"
#include "runtime/clock.h"
#include "runtime/metrics.h"
#include "runtime/sync.h"
#include "service/concurrency.h"

namespace objectstore {

enum class OperationKind : std::uint8_t {
  insert,
  get,
  head,
  remove,
  initiate_multipart,
  upload_part,
  list_parts,
  abort_multipart,
  complete_multipart,
};

// Any thread may call. Outlives the operations; what is passed by reference outlives it.
class Operations {
 public:
  Operations(ConcurrencyLimit& concurrency, Clock& clock, Metrics& metrics);
  ~Operations();

  // An operation from its admission to the store's answer; counted as failed unless told otherwise.
  class Running {
   public:
    Running(Running&& other) noexcept;
    Running& operator=(Running&&) = delete;
    ~Running();
    // `ok` as the operation's result has it. Returns it unchanged.
    template <class R>
    [[nodiscard]] R ended(R result) {
      succeeded_ = result.ok();
      return result;
    }

   private:
    friend class Operations;
    struct Instruments;
    Running(Operations& owner, Instruments& instruments, ConcurrencyPermit permit);
    Operations* owner_;  // null: moved from
    Instruments& instruments_;
    ConcurrencyPermit permit_;
    MonotonicTime begun_;
    bool succeeded_ = false;
  };

  // Begins an operation with that slot or, where it is empty, with one of its own. Error:
  // at_capacity, or what makes the identity unfit to be stored.
  [[nodiscard]] Task<Result<Running>> begin(OperationKind kind, const ObjectId& id,
                                            ConcurrencyPermit permit = {});

  [[nodiscard]] std::size_t running() const { return running_.load(); }
  // Waits until no operation runs; whoever calls it has seen to it that no new ones begin.
  [[nodiscard]] Task<void> drain();

 private:
  struct Table;
  void ended();

  ConcurrencyLimit& concurrency_;
  Clock& clock_;
  Family<Counter>& usage_;
  std::unique_ptr<Table> table_;
  std::atomic<std::size_t> running_ = 0;
  std::atomic<bool> draining_ = false;
  std::mutex mutex_;
  std::vector<Completer<Done>> drainers_;
};

}  // namespace objectstore
