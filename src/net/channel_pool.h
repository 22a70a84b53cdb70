// The channels to one service, spread over the threads that call it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <memory>
#include <span>
#include <vector>

#include "net/rpc.h"
#include "net/rpc_channel.h"

namespace objectstore {

// Any thread may call. A call goes over a channel of its caller's own execution context where that
// has one, without leaving its thread; else its work is done on another's thread, and its results
// come back to the caller's executor.
class ChannelPool final : public RpcTransport {
 public:
  // Makes `channels` channels (at least 1), in turn on each of `executors` (at least 1): each of
  // those has a context of its own, run by one thread. Starts nothing; connections come with the
  // first calls. What is referred to outlives the pool; `credentials` may be null.
  ChannelPool(std::size_t channels, std::span<const boost::asio::any_io_executor> executors,
              const RpcChannelSettings& settings, CallCredentials* credentials, Clock& clock,
              Random& random, Logger& logger);
  ~ChannelPool() override;

  [[nodiscard]] Task<std::unique_ptr<RpcCall>> start(RpcRequest request) override;

  // Ends all calls (`cancelled`) and all background work. The executors still run meanwhile.
  [[nodiscard]] Task<void> close();

 private:
  struct Shard {
    const boost::asio::execution_context* context;
    std::vector<RpcChannel*> channels;
  };
  [[nodiscard]] const Shard* shard_of(const boost::asio::any_io_executor& executor) const;
  [[nodiscard]] RpcChannel& choose(const std::vector<RpcChannel*>& channels, bool local);
  [[nodiscard]] static Task<std::unique_ptr<RpcCall>> start_elsewhere(RpcChannel& channel,
                                                                      RpcRequest request);

  Random& random_;
  std::vector<std::unique_ptr<RpcChannel>> channels_;
  std::vector<RpcChannel*> all_;
  std::vector<Shard> shards_;
};

}  // namespace objectstore
