// One operation on a table: the attempts it takes, what they share, and when to give up.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/bigtable/retry_policy.h"
#include "base/error.h"
#include "cloud/request_counts.h"
#include "runtime/backoff.h"
#include "runtime/clock.h"
#include "runtime/random.h"
#include "runtime/retry_budget.h"

namespace objectstore::bigtable {

struct TableSettings {
  std::string table;                        // "projects/…/instances/…/tables/…"
  std::string app_profile;                  // empty: the instance's default
  std::string endpoint;                     // for error texts
  std::string client_name = "objectstore";  // of x-goog-api-client: "name/version"
  Duration attempt_timeout = std::chrono::seconds(10);
  // From the first attempt to the last one's end.
  Duration total_timeout = std::chrono::seconds(30);
  BackoffSettings backoff{std::chrono::milliseconds(20), std::chrono::seconds(2), 20};
  RetryBudget::Settings retry_budget;
};

// What all operations on one table share. Any thread may use it.
struct TableChannel {
  TableChannel(RpcTransport& transport, Clock& clock, Random& random, TableSettings settings);

  // A request with the headers that every one has. `attempt` counts from 0.
  [[nodiscard]] RpcRequest request(std::string_view method, std::string message, int attempt,
                                   MonotonicTime deadline) const;

  RpcTransport& transport;
  Clock& clock;
  Random& random;
  const TableSettings settings;
  const RpcMetadata headers;
  RetryBudget budget;
  RequestCounters counts;  // by the actions' names
};

// What a request is for.
struct Action {
  const char* name;  // for counters
  const char* text;  // for error texts
};
inline constexpr Action reading_a_row{"read_row", "reading a row"};
inline constexpr Action reading_rows{"read_rows", "reading rows"};
inline constexpr Action writing_a_row{"mutate_row", "writing a row"};
inline constexpr Action writing_rows{"mutate_rows", "writing rows"};
inline constexpr Action changing_a_row{"check_and_mutate", "changing a row"};

// Used by one coroutine.
class Operation {
 public:
  Operation(TableChannel& channel, const Action& action, Repeat repeat);

  // The next attempt.
  [[nodiscard]] RpcRequest request(std::string_view method, std::string message) const;

  // To be called when an attempt has failed. Whether to make another; the wait before it is over
  // when this returns.
  [[nodiscard]] Task<bool> again(const RpcStatus& status, const RpcMetadata& metadata);
  // What the last attempt's end means, after again() has said no.
  [[nodiscard]] Verdict verdict(const RpcStatus& status) const;
  [[nodiscard]] Error error(const RpcStatus& status) const;

  // The operation has got ahead: the next failure is not one of a row of them.
  void progress() {
    failures_ = 0;
    backoff_.reset();
  }

 private:
  // The wait before the next attempt; nullopt: none is made.
  [[nodiscard]] std::optional<Duration> wait_before_next(const RpcStatus& status);
  void count(std::uint64_t RequestCounts::*what) { channel_.counts.add(action_.name, what); }
  void keep_cookies(const RpcMetadata& metadata);

  TableChannel& channel_;
  Action action_;
  Repeat repeat_;
  MonotonicTime deadline_;
  Backoff backoff_;
  int attempt_ = 0;
  int failures_ = 0;
  // What the server wants back with the next attempt, so that it finds its way.
  RpcMetadata cookies_;
};

}  // namespace objectstore::bigtable
