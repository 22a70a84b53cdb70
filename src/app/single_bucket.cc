#include "app/single_bucket.h"

#include <boost/asio/this_coro.hpp>

#include "app/tiers.h"
#include "runtime/task_scope.h"

namespace objectstore {

namespace {

std::unique_ptr<BlobStore> metered(BlobStore& blobs, const Machine& machine) {
  if (machine.metrics == nullptr) return nullptr;
  return std::make_unique<MeteredBlobStore>(blobs, *machine.metrics, machine.clock);
}

}  // namespace

SingleBucket::SingleBucket(std::unique_ptr<BlobTier> bucket, const Machine& machine)
    : clock_(machine.clock),
      logger_(machine.logger),
      bucket_(std::move(bucket)),
      metered_(metered(bucket_->blobs(), machine)),
      objects_(blobs(), machine.clock) {
  auto* parts = bucket_->multipart();
  if (parts == nullptr) return;
  if (machine.metrics != nullptr) {
    parts = &metered_multipart_.emplace(*parts, *machine.metrics, machine.clock);
  }
  multipart_.emplace(blobs(), *parts);
}

Task<void> SingleBucket::stop(Duration limit) {
  TaskScope alarm;
  const auto executor = co_await boost::asio::this_coro::executor;
  alarm.spawn(executor, give_up_after(limit));
  co_await bucket_->close();
  alarm.request_stop();
  co_await alarm.join();
}

Task<void> SingleBucket::give_up_after(Duration limit) {
  co_await clock_.sleep_for(limit);
  const bool stopping = co_await stop_requested();
  if (stopping) co_return;
  logger_.warn("the bucket keeps the stop waiting; its requests are given up");
  co_await bucket_->give_up();
}

Result<ScrubParts> SingleBucket::maintenance() {
  return one_tier();
}

}  // namespace objectstore
