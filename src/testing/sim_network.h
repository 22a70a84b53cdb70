// The way of a simulated process to its stores: a network that delays, reorders, repeats and loses.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "runtime/callback.h"
#include "storage/row_store.h"
#include "testing/protocol_monitor.h"
#include "testing/sim_world.h"

namespace objectstore::testing {

// What becomes of one request.
struct CallFate {
  enum class Kind : std::uint8_t {
    normal,
    not_sent,    // fails before it leaves: certainly not applied
    reply_lost,  // applied; the caller never hears of it
    dropped,     // not applied; the caller never hears of it
    late,        // applied long after the caller has given up
    twice,       // applied, and once more later
  };
  Kind kind = Kind::normal;
  Duration there = std::chrono::milliseconds(1);
  Duration back = std::chrono::milliseconds(1);
  Duration late_by{};  // of the late or second application, after `there`
};

// Decides, and may stop the process on the way: `next` is called when the request leaves,
// `on_applied` when it has been applied.
class CallPolicy {
 public:
  virtual ~CallPolicy() = default;
  [[nodiscard]] virtual CallFate next(SimProcess& process, const std::string& what) = 0;
  virtual void on_applied(SimProcess&, const std::string&) {}
};

// Of one process. A request's `apply` runs at the far end, perhaps late, perhaps twice; a caller
// that never hears of it is told so after the time-out.
class SimNetwork {
 public:
  SimNetwork(SimProcess& process, CallPolicy& policy, SimCounters& counters)
      : process_(process), policy_(policy), counters_(counters) {}

  template <class T>
  [[nodiscard]] Task<Result<T>> ask(std::string what, std::function<Result<T>()> apply) {
    Result<T> unknown = reply_lost();
    Result<T> failed = not_sent();
    co_return co_await call<Result<T>>(std::move(what), std::move(apply), std::move(unknown),
                                       std::move(failed));
  }
  [[nodiscard]] Task<Mutation> mutate(std::string what, std::function<Mutation()> apply) {
    auto unknown = Mutation::unknown(reply_lost());
    auto failed = Mutation::failed(not_sent());
    co_return co_await call<Mutation>(std::move(what), std::move(apply), std::move(unknown),
                                      std::move(failed));
  }

  [[nodiscard]] SimProcess& process() { return process_; }
  [[nodiscard]] static Error reply_lost() {
    return Error(ErrorCode::unavailable, "the reply was lost");
  }

 private:
  static constexpr Duration timeout = std::chrono::seconds(10);

  [[nodiscard]] static Error not_sent() {
    return Error(ErrorCode::unavailable, "the request could not be sent");
  }
  template <class R>
  [[nodiscard]] Task<R> call(std::string what, std::function<R()> apply, R lost, R failed);

  SimProcess& process_;
  CallPolicy& policy_;
  SimCounters& counters_;
};

template <class R>
Task<R> SimNetwork::call(std::string what, std::function<R()> apply, R lost, R failed) {
  const auto fate = policy_.next(process_, what);
  auto& world = process_.world();
  apply = [&world, inner = std::move(apply)] {
    world.request_applied();
    return inner();
  };
  world.trace("p" + std::to_string(process_.id()) + " " + what + " fate " +
              std::to_string(static_cast<int>(fate.kind)));
  auto send = [this, &world, fate, &what, &apply, &lost, &failed](Completer<R> completer) {
    auto reply = process_.hold(std::move(completer));
    auto lost_copy = std::make_shared<R>(std::move(lost));
    const auto answer_lost = [reply, lost_copy] { reply(std::move(*lost_copy)); };
    using Kind = CallFate::Kind;
    switch (fate.kind) {
      case Kind::not_sent: {
        auto failed_copy = std::make_shared<R>(std::move(failed));
        world.after(fate.there, [reply, failed_copy] { reply(std::move(*failed_copy)); });
        return;
      }
      case Kind::dropped:
        world.after(timeout, answer_lost);
        return;
      case Kind::reply_lost:
        world.after(fate.there, [apply] { (void)apply(); });
        world.after(timeout, answer_lost);
        return;
      case Kind::late:
        ++counters_.late_applications;
        world.after(fate.there + fate.late_by, [apply] { (void)apply(); });
        world.after(timeout, answer_lost);
        return;
      case Kind::twice:
        ++counters_.late_applications;
        world.after(fate.there + fate.late_by, [apply] { (void)apply(); });
        break;
      case Kind::normal:
        break;
    }
    world.after(fate.there, [this, &world, fate, apply, reply, what] {
      auto result = std::make_shared<R>(apply());
      policy_.on_applied(process_, what);
      world.after(fate.back, [reply, result] { reply(std::move(*result)); });
    });
  };
  co_return co_await await_callback<R>(send);
}

}  // namespace objectstore::testing
