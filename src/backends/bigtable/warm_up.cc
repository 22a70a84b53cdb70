#include "backends/bigtable/warm_up.h"

#include <google/bigtable/v2/bigtable.pb.h>

#include "backends/bigtable/routing_header.h"

namespace objectstore::bigtable {

namespace {

constexpr Duration limit = std::chrono::seconds(10);

}  // namespace

Task<RpcStatus> warm_up(RpcTransport& connection, std::string instance, std::string app_profile,
                        const Clock& clock) {
  ::google::bigtable::v2::PingAndWarmRequest message;
  message.set_name(instance);
  message.set_app_profile_id(app_profile);
  RpcRequest request;
  request.method = "/google.bigtable.v2.Bigtable/PingAndWarm";
  request.metadata.push_back(routing_header({{"name", instance}, {"app_profile_id", app_profile}}));
  request.message = message.SerializeAsString();
  request.deadline = clock.monotonic_now() + limit;
  auto reply = co_await call_unary(connection, std::move(request));
  co_return std::move(reply.status);
}

}  // namespace objectstore::bigtable
