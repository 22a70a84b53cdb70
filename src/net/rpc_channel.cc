#include "net/rpc_channel.h"

#include <algorithm>
#include <utility>

#include "net/ended_call.h"

namespace objectstore {

namespace {

constexpr const char* closing_text = "the connections to the service are being closed";

RpcStatus no_credentials(const Error& error) {
  const auto code = error.retryable() ? RpcCode::unavailable : RpcCode::unauthenticated;
  return never_sent(code, "no credentials for the call: " + error.describe());
}

}  // namespace

void RpcChannel::Waiter::ring() {
  finish(never_sent(RpcCode::deadline_exceeded,
                    failure.empty() ? "the time was over before there was a connection" : failure));
}

void RpcChannel::Waiter::finish(std::optional<RpcStatus> status) {
  Alarm::clear();
  WaiterHook::unlink();
  outcome = std::move(status);
  suspension.resume();
}

// The transport that a warm-up is given: one connection, the channel's credentials.
class RpcChannel::Warming final : public RpcTransport {
 public:
  Warming(Connection connection, CallCredentials* credentials)
      : connection_(std::move(connection)), credentials_(credentials) {}

  [[nodiscard]] Task<std::unique_ptr<RpcCall>> start(RpcRequest request) override {
    std::shared_ptr<const std::string> authorization;
    if (credentials_ != nullptr) {
      auto token = co_await credentials_->authorization();
      if (!token.ok()) co_return ended_call(no_credentials(token.error()));
      authorization = std::make_shared<const std::string>(std::move(token).value());
    }
    if (!connection_->takes_calls())
      co_return ended_call(never_sent(RpcCode::unavailable, "the connection has ended"));
    auto call = connection_->start(std::move(request), std::move(authorization));
    co_return call;
  }

 private:
  Connection connection_;
  CallCredentials* credentials_;
};

RpcChannel::RpcChannel(boost::asio::any_io_executor executor, RpcChannelSettings settings,
                       CallCredentials* credentials, Clock& clock, Random& random, Logger& logger)
    : executor_(std::move(executor)),
      settings_(std::move(settings)),
      credentials_(credentials),
      clock_(clock),
      random_(random),
      logger_(logger),
      load_(std::make_shared<std::atomic<std::size_t>>(0)),
      alarms_(executor_, clock),
      backoff_(settings_.backoff, random) {}

RpcChannel::~RpcChannel() = default;

std::unique_ptr<RpcCall> RpcChannel::try_start(RpcRequest& request) {
  if (!connected() || closing_) return nullptr;
  std::shared_ptr<const std::string> authorization;
  if (credentials_ != nullptr) {
    authorization = credentials_->cached();
    if (!authorization) return nullptr;
  }
  return current_->start(std::move(request), std::move(authorization));
}

Task<std::unique_ptr<RpcCall>> RpcChannel::start(RpcRequest request) {
  std::shared_ptr<const std::string> authorization;
  while (true) {
    if (closing_) co_return ended_call(never_sent(RpcCode::cancelled, closing_text));
    if (!connected()) {
      auto problem = co_await await_connection(request.deadline);
      if (problem) co_return ended_call(std::move(*problem));
    } else if (credentials_ == nullptr || authorization) {
      auto call = current_->start(std::move(request), std::move(authorization));
      co_return call;
    } else if (authorization = credentials_->cached(); !authorization) {
      auto token = co_await credentials_->authorization();
      if (!token.ok()) co_return ended_call(no_credentials(token.error()));
      authorization = std::make_shared<const std::string>(std::move(token).value());
    }
  }
}

Task<std::optional<RpcStatus>> RpcChannel::await_connection(MonotonicTime deadline) {
  if (waiting_ >= settings_.limits.max_queued_calls)
    co_return never_sent(RpcCode::unavailable, "too many calls wait for a connection");
  // Where the next attempt comes too late the reason of the last one is the better answer.
  if (!connecting_ && next_attempt_ >= deadline && !last_failure_.empty())
    co_return never_sent(RpcCode::unavailable, last_failure_);
  ensure_connecting();
  Waiter waiter(last_failure_);
  alarms_.set(waiter, deadline);
  waiters_.push_back(waiter);
  ++waiting_;
  co_await waiter.suspension.wait();
  --waiting_;
  co_return std::move(waiter.outcome);
}

void RpcChannel::wake_waiters(const std::optional<RpcStatus>& outcome) {
  // Whoever comes to wait meanwhile waits for another attempt.
  Waiters woken;
  woken.swap(waiters_);
  while (!woken.empty())
    woken.front().finish(outcome);
}

void RpcChannel::ensure_alarms() {
  if (std::exchange(alarms_running_, true)) return;
  scope_.spawn(executor_, alarms_.run());
}

void RpcChannel::ensure_connecting() {
  if (std::exchange(connecting_, true)) return;
  ensure_alarms();
  scope_.spawn(executor_, connect());
}

void RpcChannel::prepare() {
  if (!closing_ && !connected() && next_attempt_ <= clock_.monotonic_now()) ensure_connecting();
}

Task<void> RpcChannel::connect() {
  co_await clock_.sleep_until(next_attempt_);
  auto connection = co_await make_connection();
  connecting_ = false;
  if (closing_) co_return;
  if (connection) {
    use(std::move(connection));
    wake_waiters(std::nullopt);
  } else {
    wake_waiters(never_sent(RpcCode::unavailable, last_failure_));
  }
}

Task<RpcChannel::Connection> RpcChannel::make_connection() {
  if (closing_) co_return nullptr;
  auto target = parse_rpc_target(settings_.target);
  if (!target.ok()) {
    note_failure(target.error().message());
    co_return nullptr;
  }
  auto connection = std::make_shared<Http2Connection>(
      executor_, connection_settings(std::move(target).value()), alarms_, load_);
  connections_.push_back(connection);
  const auto opened = co_await connection->open();
  if (!opened.ok()) {
    std::erase(connections_, connection);
    if (!closing_) note_failure(opened.error().message());
    co_return nullptr;
  }
  backoff_.reset();
  last_failure_.clear();
  next_attempt_ = MonotonicTime::min();
  scope_.spawn(executor_, serve(connection));
  if (settings_.warm_up) co_await warm_up(connection);
  co_return connection;
}

Http2ConnectionSettings RpcChannel::connection_settings(RpcTarget target) const {
  Http2ConnectionSettings settings;
  settings.target = std::move(target);
  settings.tls = settings_.tls;
  settings.session.user_agent = settings_.user_agent;
  settings.session.metadata = settings_.metadata;
  settings.session.limits = settings_.limits;
  settings.connect_timeout = settings_.connect_timeout;
  settings.keepalive_interval = settings_.keepalive_interval;
  settings.keepalive_timeout = settings_.keepalive_timeout;
  return settings;
}

Task<void> RpcChannel::warm_up(Connection connection) {
  Warming transport(std::move(connection), credentials_);
  const auto status = co_await settings_.warm_up(transport);
  if (status.ok() || closing_) co_return;
  logger_.warn("can't warm up a connection", {{"target", settings_.target},
                                              {"code", std::string(to_string(status.code))},
                                              {"error", status.message}});
}

Task<void> RpcChannel::serve(Connection connection) {
  const auto why = co_await connection->serve();
  std::erase(connections_, connection);
  logger_.debug("connection ended", {{"target", settings_.target}, {"why", why}});
}

void RpcChannel::use(Connection connection) {
  const auto old = std::exchange(current_, std::move(connection));
  if (old) old->drain();
  const auto tenth = std::max<std::int64_t>(1, settings_.max_age.count() / 10);
  const Duration jitter(static_cast<std::int64_t>(random_.below(2 * tenth)) - tenth);
  alarms_.set(age_, clock_.monotonic_now() + settings_.max_age + jitter);
}

void RpcChannel::begin_replacement() {
  // A connection that has ended is made again by the next call.
  if (!closing_ && connected()) scope_.spawn(executor_, replace());
}

Task<void> RpcChannel::replace() {
  auto connection = co_await make_connection();
  if (closing_) co_return;
  if (connection) {
    use(std::move(connection));
  } else {
    alarms_.set(age_, next_attempt_);
  }
}

void RpcChannel::note_failure(std::string why) {
  next_attempt_ = clock_.monotonic_now() + backoff_.next();
  last_failure_ = std::move(why);
  logger_.warn("no connection to the service", {{"why", last_failure_}});
}

Task<void> RpcChannel::close() {
  closing_ = true;
  wake_waiters(never_sent(RpcCode::cancelled, closing_text));
  const auto connections = connections_;
  for (const auto& connection : connections)
    connection->close(RpcCode::cancelled, closing_text);
  alarms_.stop();
  scope_.request_stop();
  co_await scope_.join();
  current_.reset();
}

}  // namespace objectstore
