// Keeps one usable connection to a service: made at the first call, made again when it breaks,
// replaced before it grows too old.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/intrusive/list.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/alarms.h"
#include "net/call_credentials.h"
#include "net/http2_connection.h"
#include "net/rpc.h"
#include "net/suspension.h"
#include "runtime/backoff.h"
#include "runtime/log.h"
#include "runtime/random.h"
#include "runtime/task_scope.h"

namespace objectstore {

struct RpcChannelSettings {
  std::string target;                     // "host:port", "[v6 address]:port", "unix:///path"
  std::shared_ptr<const TlsContext> tls;  // null: plain text
  std::string user_agent;
  RpcMetadata metadata;  // added to every call
  Http2Limits limits;
  Duration connect_timeout = std::chrono::seconds(10);
  Duration keepalive_interval = std::chrono::seconds(30);  // see Http2ConnectionSettings
  Duration keepalive_timeout = std::chrono::seconds(10);
  // A connection is replaced at this age, earlier or later by up to a tenth. Some services close
  // connections after an hour; a new one is ready before the old one takes its last call.
  Duration max_age = std::chrono::minutes(50);
  // Between attempts to connect.
  BackoffSettings backoff{.initial = std::chrono::milliseconds(100),
                          .longest = std::chrono::seconds(5)};
  // Run over each new connection before it takes other calls; ends by itself, by the deadlines of
  // its calls. Its failure is logged only. Empty: none.
  std::function<Task<RpcStatus>(RpcTransport&)> warm_up;
};

// Everything but load() is called on the channel's executor, which has one thread.
class RpcChannel final : public RpcTransport {
 public:
  // Starts nothing. What is referred to outlives the channel; `credentials` may be null.
  RpcChannel(boost::asio::any_io_executor executor, RpcChannelSettings settings,
             CallCredentials* credentials, Clock& clock, Random& random, Logger& logger);
  ~RpcChannel() override;

  // Waits for a connection within the deadline. Where none can be made, the call ends as
  // `unavailable` with the reason, never sent.
  [[nodiscard]] Task<std::unique_ptr<RpcCall>> start(RpcRequest request) override;
  // The same where nothing is to be waited for; null: something is, and `request` is as it was.
  [[nodiscard]] std::unique_ptr<RpcCall> try_start(RpcRequest& request);

  // Whether a call needs to wait for a connection.
  [[nodiscard]] bool connected() const { return current_ && current_->takes_calls(); }
  // Connects in the background, unless it failed just now.
  void prepare();

  // Ends all calls (`cancelled`) and all background work; later calls end at once.
  [[nodiscard]] Task<void> close();

  // Calls under way. From any thread.
  [[nodiscard]] std::size_t load() const { return load_->load(std::memory_order_relaxed); }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }

 private:
  using Connection = std::shared_ptr<Http2Connection>;
  using WaiterHook =
      boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
  class Warming;
  // A coroutine that waits for a connection.
  struct Waiter final : public Alarm, public WaiterHook {
    explicit Waiter(const std::string& why) : failure(why) {}
    void ring() override;
    void finish(std::optional<RpcStatus> status);

    const std::string& failure;  // of the last attempt
    std::optional<RpcStatus> outcome;
    Suspension suspension;
  };
  class Age final : public Alarm {
   public:
    explicit Age(RpcChannel& owner) : owner_(owner) {}
    void ring() override { owner_.begin_replacement(); }

   private:
    RpcChannel& owner_;
  };
  using Waiters = boost::intrusive::list<Waiter, boost::intrusive::constant_time_size<false>>;

  // A status: there won't be a connection in time.
  [[nodiscard]] Task<std::optional<RpcStatus>> await_connection(MonotonicTime deadline);
  void ensure_connecting();
  void ensure_alarms();
  [[nodiscard]] Task<void> connect();
  void begin_replacement();
  [[nodiscard]] Task<void> replace();
  // A new connection, warmed up; null: see last_failure_.
  [[nodiscard]] Task<Connection> make_connection();
  [[nodiscard]] Http2ConnectionSettings connection_settings(RpcTarget target) const;
  [[nodiscard]] Task<void> warm_up(Connection connection);
  [[nodiscard]] Task<void> serve(Connection connection);
  void use(Connection connection);
  void note_failure(std::string why);
  void wake_waiters(const std::optional<RpcStatus>& outcome);

  boost::asio::any_io_executor executor_;
  RpcChannelSettings settings_;
  CallCredentials* credentials_;
  Clock& clock_;
  Random& random_;
  Logger& logger_;
  std::shared_ptr<std::atomic<std::size_t>> load_;
  Alarms alarms_;
  Backoff backoff_;

  Connection current_;                   // the one for new calls; may have ended
  std::vector<Connection> connections_;  // all that have not ended
  Waiters waiters_;
  std::size_t waiting_ = 0;
  MonotonicTime next_attempt_ = MonotonicTime::min();
  std::string last_failure_;
  Age age_{*this};
  bool alarms_running_ = false;
  bool connecting_ = false;
  bool closing_ = false;
  TaskScope scope_;
};

}  // namespace objectstore
