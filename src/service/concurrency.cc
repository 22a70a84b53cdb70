#include "service/concurrency.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <string>
#include <utility>

#include "service/slot_queue.h"

namespace objectstore {

namespace asio = boost::asio;

namespace {

SlotQueue::Sizes sizes_from(const ServiceConfig& settings) {
  const std::uint64_t most = settings.max_concurrency;
  const std::uint64_t pct = std::min(settings.bulk_concurrency_pct, std::uint32_t{100});
  return {most, std::max<std::uint64_t>((most * pct + 99) / 100, 1), settings.concurrency_queue};
}

std::string_view to_string(OperationClass operation_class) {
  return operation_class == OperationClass::bulk ? "bulk" : "normal";
}

Family<Histogram>& wait_times(Metrics& metrics) {
  return metrics.histograms({"objectstore_concurrency_wait_seconds",
                             "Time that operations waited for a slot",
                             "service.concurrency.wait",
                             {"success"}},
                            latency_bounds());
}

struct Instruments {
  explicit Instruments(Metrics& metrics)
      : in_use(metrics.gauge("objectstore_concurrency_in_use", "Operations of the store that run",
                             "service.concurrency.in_use")),
        queued(metrics.gauge("objectstore_concurrency_queued",
                             "Single operations that wait for a slot",
                             "service.concurrency.queued")),
        bulk_in_use(metrics.gauge("objectstore_concurrency_bulk_in_use",
                                  "Places taken by operations of batches",
                                  "service.concurrency.bulk_in_use")),
        served_wait(wait_times(metrics).with({"true"})),
        refused_wait(wait_times(metrics).with({"false"})),
        rejected(metrics.counters({"objectstore_concurrency_rejected_total",
                                   "Operations refused for want of a slot",
                                   "service.concurrency.rejected",
                                   {"class"}})) {}

  Gauge& in_use;
  Gauge& queued;
  Gauge& bulk_in_use;
  Histogram& served_wait;
  Histogram& refused_wait;
  Family<Counter>& rejected;
};

void set_limits(Metrics& metrics, const SlotQueue::Sizes& limits) {
  const auto set = [&metrics](std::string name, std::string help, std::string statsd,
                              std::uint64_t value) {
    metrics.gauge(std::move(name), std::move(help), std::move(statsd))
        .set(static_cast<double>(value));
  };
  set("objectstore_concurrency_limit", "Operations of the store that may run at once",
      "service.concurrency.limit", limits.slots);
  set("objectstore_concurrency_queue_limit", "Single operations that may wait for a slot",
      "service.concurrency.queue_limit", limits.waiting_singles);
  set("objectstore_concurrency_bulk_limit", "Operations of batches that may run at once",
      "service.concurrency.bulk_limit", limits.bulk_places);
}

}  // namespace

class ConcurrencyLimit::State {
 public:
  State(const ServiceConfig& settings, Clock& the_clock, Metrics& metrics, Logger& logger)
      : queue(sizes_from(settings)),
        clock(the_clock),
        instruments(metrics),
        timeout_(settings.concurrency_timeout),
        logger_(logger) {
    set_limits(metrics, queue.limits());
    refresher_ = metrics.before_reading([this] {
      const auto used = queue.used();
      instruments.in_use.set(static_cast<double>(used.slots));
      instruments.queued.set(static_cast<double>(used.waiting_singles));
      instruments.bulk_in_use.set(static_cast<double>(used.bulk_places));
    });
  }

  // Until `waiter` is decided, which the time-out sees to at the latest. Both the time-out and
  // whoever serves ask the queue: what it says first stands.
  Task<void> wait(SlotQueue::Waiter& waiter, MonotonicTime start) {
    const auto executor = co_await asio::this_coro::executor;
    const auto longest = MonotonicTime::max() - start;
    asio::cancellation_signal wake;
    Event slept;
    auto time_is_over = [this, &waiter, &slept](const std::exception_ptr&) {
      queue.leave(waiter);
      slept.set();
    };
    asio::co_spawn(executor, clock.sleep_until(start + std::min(timeout_, longest)),
                   asio::bind_cancellation_slot(wake.slot(), time_is_over));
    co_await waiter.decided();
    wake.emit(asio::cancellation_type::terminal);
    co_await slept.wait();
  }

  Error reject(OperationClass operation_class) {
    const auto name = to_string(operation_class);
    instruments.rejected.with({name}).add();
    Error error(ErrorCode::at_capacity, "concurrency limit reached");
    logger_.warn(error.message(), {{"class", std::string(name)}});
    return error;
  }

  SlotQueue queue;
  Clock& clock;
  Instruments instruments;

 private:
  const Duration timeout_;
  Logger& logger_;
  Metrics::RefreshHandle refresher_;  // the last member: the first to go
};

ConcurrencyPermit::ConcurrencyPermit(ConcurrencyPermit&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), class_(other.class_) {}

ConcurrencyPermit& ConcurrencyPermit::operator=(ConcurrencyPermit&& other) noexcept {
  if (this == &other) return *this;
  release();
  owner_ = std::exchange(other.owner_, nullptr);
  class_ = other.class_;
  return *this;
}

ConcurrencyPermit::~ConcurrencyPermit() {
  release();
}

void ConcurrencyPermit::release() {
  if (auto* owner = std::exchange(owner_, nullptr)) owner->state_->queue.give_back(class_);
}

ConcurrencyLimit::ConcurrencyLimit(const ServiceConfig& settings, Clock& clock, Metrics& metrics,
                                   Logger& logger)
    : state_(std::make_unique<State>(settings, clock, metrics, logger)) {}

ConcurrencyLimit::~ConcurrencyLimit() = default;

ConcurrencyPermit ConcurrencyLimit::try_acquire(OperationClass operation_class) {
  if (!state_->queue.try_take(operation_class)) return {};
  state_->instruments.served_wait.observe(0);
  return {*this, operation_class};
}

Task<Result<ConcurrencyPermit>> ConcurrencyLimit::acquire(OperationClass operation_class) {
  if (auto permit = try_acquire(operation_class)) co_return std::move(permit);
  const auto start = state_->clock.monotonic_now();
  SlotQueue::Waiter waiter(operation_class);
  const bool waits = state_->queue.enter(waiter);
  if (waits) co_await state_->wait(waiter, start);

  auto& instruments = state_->instruments;
  auto& waited = waiter.served() ? instruments.served_wait : instruments.refused_wait;
  waited.observe(in_seconds(state_->clock.monotonic_now() - start));
  if (!waiter.served()) co_return state_->reject(operation_class);
  co_return ConcurrencyPermit(*this, operation_class);
}

std::uint64_t ConcurrencyLimit::in_use() const {
  return state_->queue.used().slots;
}

std::uint64_t ConcurrencyLimit::limit() const {
  return state_->queue.limits().slots;
}

std::uint64_t ConcurrencyLimit::bulk_limit() const {
  return state_->queue.limits().bulk_places;
}

}  // namespace objectstore
