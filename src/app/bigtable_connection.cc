#include "app/bigtable_connection.h"

#include <algorithm>

#include "app/version.h"
#include "backends/bigtable/warm_up.h"
#include "net/rpc_target.h"

namespace objectstore {

namespace {

constexpr const char* data_target = "bigtable.googleapis.com:443";
constexpr const char* admin_target = "bigtableadmin.googleapis.com:443";
// Rows, and looking at tables.
constexpr const char* scope =
    "https://www.googleapis.com/auth/bigtable.data https://www.googleapis.com/auth/bigtable.admin";

constexpr int token_tries = 3;

}  // namespace

Result<std::unique_ptr<BigtableConnection>> BigtableConnection::make(const BigtableStorage& config,
                                                                     const Machine& machine) {
  std::unique_ptr<BigtableConnection> connection(new BigtableConnection(config));
  TRY(connection->open(machine));
  return connection;
}

Result<void> BigtableConnection::open(const Machine& machine) {
  // Each event loop has a channel of its own, so that no request changes threads.
  const auto channels = std::max<std::size_t>(config_.connections, machine.executors.size());
  if (config_.endpoint) {
    TRY(parse_rpc_target(*config_.endpoint));
    data_ = std::make_unique<ChannelPool>(channels, machine.executors,
                                          channel_settings(*config_.endpoint, nullptr), nullptr,
                                          machine.clock, machine.random, machine.logger);
    return Result<void>();
  }
  TRY_ASSIGN(tokens_, GoogleTokens::open(machine, scope));
  TRY_ASSIGN(const auto tls, TlsContext::client(TlsSettings()));
  auto data = channel_settings(data_target, tls);
  data.warm_up = [instance = instance(), profile = config_.app_profile.value_or(""),
                  &clock = machine.clock](RpcTransport& connection) {
    return bigtable::warm_up(connection, instance, profile, clock);
  };
  data_ = std::make_unique<ChannelPool>(channels, machine.executors, data, &tokens_->cache(),
                                        machine.clock, machine.random, machine.logger);
  const auto main_loop = std::span(machine.executors).first(1);
  admin_ = std::make_unique<ChannelPool>(1, main_loop, channel_settings(admin_target, tls),
                                         &tokens_->cache(), machine.clock, machine.random,
                                         machine.logger);
  return Result<void>();
}

RpcChannelSettings BigtableConnection::channel_settings(
    std::string target, std::shared_ptr<const TlsContext> tls) const {
  RpcChannelSettings settings;
  settings.target = std::move(target);
  settings.tls = std::move(tls);
  settings.user_agent = version_text();
  return settings;
}

Task<Result<void>> BigtableConnection::authorize() {
  if (!tokens_) co_return Result<void>();
  auto token = co_await tokens_->cache().wait_for_token(token_tries);
  if (!token.ok()) {
    co_return std::move(token).error().wrap("no access to Bigtable with " +
                                            tokens_->cache().describe());
  }
  co_return Result<void>();
}

std::string BigtableConnection::instance() const {
  return "projects/" + config_.project_id + "/instances/" + config_.instance_name;
}

std::string BigtableConnection::table() const {
  return instance() + "/tables/" + config_.table_name;
}

bigtable::TableSettings BigtableConnection::table_settings() const {
  bigtable::TableSettings settings;
  settings.table = table();
  settings.app_profile = config_.app_profile.value_or("");
  settings.endpoint = config_.endpoint.value_or(data_target);
  return settings;
}

bigtable::AdminSettings BigtableConnection::admin_settings() const {
  bigtable::AdminSettings settings;
  settings.table = table();
  settings.app_profile = config_.app_profile.value_or("");
  settings.endpoint = config_.endpoint.value_or(admin_target);
  return settings;
}

Task<void> BigtableConnection::close() {
  co_await data_->close();
  if (admin_) co_await admin_->close();
  if (tokens_) co_await tokens_->close();
}

}  // namespace objectstore
