#include "net/metadata_server.h"

#include <utility>

#include "net/token_server.h"

namespace objectstore {

namespace {

class MetadataServer final : public TokenFetcher {
 public:
  MetadataServer(std::string address, std::string why, TokenParts parts)
      : address_(std::move(address)), why_(std::move(why)), parts_(parts) {}

  [[nodiscard]] Task<Result<AccessToken>> fetch() override {
    HttpRequest request;
    request.url = address_ + "/computeMetadata/v1/instance/service-accounts/default/token";
    // Keeps pages in a browser from asking.
    request.headers = {{"Metadata-Flavor", "Google"}};
    std::vector<std::string> secrets;
    auto body =
        co_await ask_token_server(parts_, describe(), std::move(request), std::move(secrets));
    if (!body.ok()) co_return std::move(body).error().wrap(why_);
    co_return parse_token_response(*body, describe());
  }

  [[nodiscard]] std::string describe() const override { return "metadata server " + address_; }

 private:
  std::string address_;
  std::string why_;
  TokenParts parts_;
};

}  // namespace

std::unique_ptr<TokenFetcher> make_metadata_server(std::string address, std::string why,
                                                   TokenParts parts) {
  return std::make_unique<MetadataServer>(std::move(address), std::move(why), parts);
}

}  // namespace objectstore
