// A way to one Bigtable table: its channels, and who they are used as.
#pragma once

#include <memory>
#include <string>

#include "app/config.h"
#include "app/google_tokens.h"
#include "app/storage.h"
#include "backends/bigtable/operation.h"
#include "backends/bigtable/table_setup.h"
#include "net/channel_pool.h"

namespace objectstore {

// Any thread may use the transports. close() before destruction.
class BigtableConnection {
 public:
  // Sends nothing. Errors: invalid_argument, a bad endpoint.
  [[nodiscard]] static Result<std::unique_ptr<BigtableConnection>> make(
      const BigtableStorage& config, const Machine& machine);

  // An endpoint is configured: no credentials, and what is asked may not be there yet.
  [[nodiscard]] bool is_emulator() const { return config_.endpoint.has_value(); }
  // Gets a token, where one is needed. An error says what is wrong with the credentials.
  [[nodiscard]] Task<Result<void>> authorize();

  // Requests to rows, and to tables themselves.
  [[nodiscard]] RpcTransport& data() { return *data_; }
  [[nodiscard]] RpcTransport& admin() { return admin_ ? *admin_ : *data_; }
  [[nodiscard]] bigtable::TableSettings table_settings() const;
  [[nodiscard]] bigtable::AdminSettings admin_settings() const;

  // Ends what is under way, and what comes. May be called again.
  [[nodiscard]] Task<void> close();

 private:
  explicit BigtableConnection(BigtableStorage config) : config_(std::move(config)) {}
  Result<void> open(const Machine& machine);
  [[nodiscard]] RpcChannelSettings channel_settings(std::string target,
                                                    std::shared_ptr<const TlsContext> tls) const;
  [[nodiscard]] std::string instance() const;
  [[nodiscard]] std::string table() const;

  const BigtableStorage config_;
  std::unique_ptr<GoogleTokens> tokens_;  // null: none are needed
  std::unique_ptr<ChannelPool> data_;
  std::unique_ptr<ChannelPool> admin_;  // null: where the data are
};

}  // namespace objectstore
