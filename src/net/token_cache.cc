#include "net/token_cache.h"

#include <utility>

namespace objectstore {

namespace {

constexpr std::string_view scheme = "Bearer ";

// Puts the scheme before the tokens.
class BearerFetcher final : public TokenFetcher {
 public:
  explicit BearerFetcher(std::unique_ptr<TokenFetcher> tokens) : tokens_(std::move(tokens)) {}

  [[nodiscard]] Task<Result<AccessToken>> fetch() override {
    CO_TRY_ASSIGN(auto token, co_await tokens_->fetch());
    token.value.insert(0, scheme);
    co_return std::move(token);
  }
  [[nodiscard]] std::string describe() const override { return tokens_->describe(); }

 private:
  std::unique_ptr<TokenFetcher> tokens_;
};

}  // namespace

TokenCache::TokenCache(boost::asio::any_io_executor executor, std::unique_ptr<TokenFetcher> fetcher,
                       Clock& clock, Random& random, Logger& logger)
    : header_(std::move(executor), std::make_unique<BearerFetcher>(std::move(fetcher)), clock,
              random, logger) {}

Task<Result<std::string>> TokenCache::authorization() {
  CO_TRY_ASSIGN(const auto header, co_await header_.get());
  co_return *header;
}

bool TokenCache::refresh() {
  header_.refresh();
  return true;
}

Task<Result<std::string>> TokenCache::token() {
  CO_TRY_ASSIGN(const auto header, co_await header_.get());
  co_return header->substr(scheme.size());
}

}  // namespace objectstore
