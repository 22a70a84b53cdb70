#include "service/operations.h"

#include <array>
#include <utility>

namespace objectstore {

namespace {

constexpr std::size_t kinds = 9;

// As semantics.md section 10 names them.
std::string_view name_of(OperationKind kind, OperationClass operation_class) {
  switch (kind) {
    case OperationKind::insert:
      return "insert";
    case OperationKind::get:
      return "get";
    case OperationKind::head:
      return operation_class == OperationClass::bulk ? "head" : "get_metadata";
    case OperationKind::remove:
      return "delete";
    case OperationKind::initiate_multipart:
      return "initiate_multipart";
    case OperationKind::upload_part:
      return "upload_part";
    case OperationKind::list_parts:
      return "list_parts";
    case OperationKind::abort_multipart:
      return "abort_multipart";
    case OperationKind::complete_multipart:
      return "complete_multipart";
  }
  return "unknown";
}

}  // namespace

struct Operations::Running::Instruments {
  Instruments(Family<Counter>& starts, Family<Histogram>& durations, std::string_view name)
      : started(starts.with({name})),
        success(durations.with({name, "success"})),
        error(durations.with({name, "error"})) {}
  Counter& started;
  Histogram& success;
  Histogram& error;
};

struct Operations::Table {
  explicit Table(Metrics& metrics)
      : starts(metrics.counters({"objectstore_operations_started_total",
                                 "Operations of the store that were begun",
                                 "service.task.start",
                                 {"operation"}})),
        durations(metrics.histograms({"objectstore_operation_duration_seconds",
                                      "Time from an operation's admission to the store's answer",
                                      "service.task.duration",
                                      {"operation", "outcome"}},
                                     latency_bounds())) {
    rows.reserve(2 * kinds);
    for (const auto operation_class : {OperationClass::single, OperationClass::bulk}) {
      for (std::size_t kind = 0; kind < kinds; ++kind) {
        const auto name = name_of(static_cast<OperationKind>(kind), operation_class);
        rows.emplace_back(starts, durations, name);
      }
    }
  }
  [[nodiscard]] Running::Instruments& of(OperationKind kind, OperationClass operation_class) {
    const auto first = operation_class == OperationClass::bulk ? kinds : 0;
    return rows[first + static_cast<std::size_t>(kind)];
  }

  Family<Counter>& starts;
  Family<Histogram>& durations;
  std::vector<Running::Instruments> rows;  // by class, then kind
};

Operations::Running::Running(Operations& owner, Instruments& instruments, ConcurrencyPermit permit)
    : owner_(&owner),
      instruments_(instruments),
      permit_(std::move(permit)),
      begun_(owner.clock_.monotonic_now()) {
  ++owner.running_;
  instruments_.started.add();
}

Operations::Running::Running(Running&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      instruments_(other.instruments_),
      permit_(std::move(other.permit_)),
      begun_(other.begun_),
      succeeded_(other.succeeded_) {}

Operations::Running::~Running() {
  if (owner_ == nullptr) return;
  const auto took = in_seconds(owner_->clock_.monotonic_now() - begun_);
  (succeeded_ ? instruments_.success : instruments_.error).observe(took);
  permit_.release();
  owner_->ended();
}

Operations::Operations(ConcurrencyLimit& concurrency, Clock& clock, Metrics& metrics)
    : concurrency_(concurrency),
      clock_(clock),
      usage_(metrics.counters({"objectstore_operations_by_usecase_total",
                               "Operations of the store by usecase",
                               "cogs.usage",
                               {"app_feature"},
                               "app_feature"})),
      table_(std::make_unique<Table>(metrics)) {}

Operations::~Operations() = default;

Task<Result<Operations::Running>> Operations::begin(OperationKind kind, const ObjectId& id,
                                                    ConcurrencyPermit permit) {
  CO_TRY(validate(id));
  if (!permit) permit = concurrency_.try_acquire(OperationClass::single);
  if (!permit) {
    CO_TRY_ASSIGN(permit, co_await concurrency_.acquire(OperationClass::single));
  }
  usage_.with({id.usecase}).add();
  auto& instruments = table_->of(kind, permit.operation_class());
  Running running(*this, instruments, std::move(permit));
  co_return running;
}

void Operations::ended() {
  if (running_.fetch_sub(1) != 1 || !draining_.load()) return;
  std::vector<Completer<Done>> wake;
  {
    const std::lock_guard lock(mutex_);
    wake.swap(drainers_);
  }
  for (auto& drainer : wake)
    drainer.complete(Done{});
}

Task<void> Operations::drain() {
  // Before the count is looked at: an operation that ends in between sees it, or is seen.
  draining_.store(true);
  auto enqueue = [this](Completer<Done> completer) {
    {
      const std::lock_guard lock(mutex_);
      if (running_.load() != 0) {
        drainers_.push_back(std::move(completer));
        return;
      }
    }
    completer.complete(Done{});
  };
  co_await await_callback<Done>(enqueue);
}

}  // namespace objectstore
