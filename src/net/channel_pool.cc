#include "net/channel_pool.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/assert.h"
#include "runtime/run_on.h"

namespace objectstore {

namespace asio = boost::asio;

namespace {

const asio::execution_context* context_of(const asio::any_io_executor& executor) {
  return &asio::query(executor, asio::execution::context);
}

// A call that lives on another executor than its caller.
class RemoteCall final : public RpcCall {
 public:
  RemoteCall(std::unique_ptr<RpcCall> call, asio::any_io_executor executor)
      : call_(std::move(call)), executor_(std::move(executor)) {}
  ~RemoteCall() override {
    asio::post(executor_, [call = std::move(call_)]() mutable { call.reset(); });
  }

  [[nodiscard]] Task<std::optional<std::string>> next() override {
    return run_on(executor_, call_->next());
  }
  [[nodiscard]] const RpcStatus& status() const override { return call_->status(); }
  [[nodiscard]] const RpcMetadata& response_metadata() const override {
    return call_->response_metadata();
  }

 private:
  std::unique_ptr<RpcCall> call_;
  asio::any_io_executor executor_;
};

}  // namespace

ChannelPool::ChannelPool(std::size_t channels, std::span<const asio::any_io_executor> executors,
                         const RpcChannelSettings& settings, CallCredentials* credentials,
                         Clock& clock, Random& random, Logger& logger)
    : random_(random) {
  OBJECTSTORE_ASSERT(channels > 0 && !executors.empty());
  for (std::size_t i = 0; i < channels; ++i) {
    const auto& executor = executors[i % executors.size()];
    auto channel =
        std::make_unique<RpcChannel>(executor, settings, credentials, clock, random, logger);
    if (i < executors.size()) shards_.push_back(Shard{context_of(executor), {}});
    shards_[i % executors.size()].channels.push_back(channel.get());
    all_.push_back(channel.get());
    channels_.push_back(std::move(channel));
  }
}

ChannelPool::~ChannelPool() = default;

const ChannelPool::Shard* ChannelPool::shard_of(const asio::any_io_executor& executor) const {
  const auto* context = context_of(executor);
  const auto found = std::find_if(shards_.begin(), shards_.end(), [context](const Shard& shard) {
    return shard.context == context;
  });
  return found == shards_.end() ? nullptr : &*found;
}

// The less loaded of two by chance: nearly as even as the least loaded of all, and no herd.
RpcChannel& ChannelPool::choose(const std::vector<RpcChannel*>& channels, bool local) {
  const auto count = channels.size();
  if (count == 1) return *channels.front();
  const auto first = random_.below(count);
  const auto second = (first + 1 + random_.below(count - 1)) % count;
  auto* best = channels[first];
  auto* other = channels[second];
  if (other->load() < best->load()) std::swap(best, other);
  if (local && !best->connected() && other->connected()) {
    // No call waits for a connection while another one is there.
    best->prepare();
    std::swap(best, other);
  }
  return *best;
}

Task<std::unique_ptr<RpcCall>> ChannelPool::start(RpcRequest request) {
  const auto executor = co_await asio::this_coro::executor;
  const auto* shard = shard_of(executor);
  if (shard == nullptr) {
    auto call = co_await start_elsewhere(choose(all_, false), std::move(request));
    co_return call;
  }
  auto& channel = choose(shard->channels, true);
  auto call = channel.try_start(request);
  if (!call) call = co_await channel.start(std::move(request));
  co_return call;
}

Task<std::unique_ptr<RpcCall>> ChannelPool::start_elsewhere(RpcChannel& channel,
                                                            RpcRequest request) {
  auto starting = channel.start(std::move(request));
  auto call = co_await run_on(channel.executor(), std::move(starting));
  co_return std::make_unique<RemoteCall>(std::move(call), channel.executor());
}

Task<void> ChannelPool::close() {
  for (const auto& channel : channels_)
    co_await run_on(channel->executor(), channel->close());
}

}  // namespace objectstore
