#include "auth/authenticator.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "auth/jwt.h"
#include "auth/presigned_url.h"
#include "auth/token_memory.h"

namespace objectstore {

namespace {

constexpr std::size_t remembered_tokens = 4096;

MetricInfo failures_info() {
  MetricInfo info;
  info.name = "objectstore_auth_failures_total";
  info.help = "Bad credentials and denied operations.";
  info.statsd = "server.auth.failure";
  info.labels = {"code"};
  return info;
}

// A counter for each kind.
class FailureCounts {
 public:
  explicit FailureCounts(Metrics& metrics) {
    auto& family = metrics.counters(failures_info());
    for (const auto kind : all_auth_failure_kinds)
      counters_[index(kind)] = &family.with({to_string(kind)});
  }
  void count(AuthFailureKind kind) { counters_[index(kind)]->add(); }

 private:
  static std::size_t index(AuthFailureKind kind) { return static_cast<std::size_t>(kind); }
  std::array<Counter*, std::size(all_auth_failure_kinds)> counters_{};
};

}  // namespace

class Authenticator::Impl {
 public:
  Impl(const KeyDirectory& keys, bool enforce, Clock& clock, Metrics& metrics, Logger& logger)
      : keys_(keys), enforce_(enforce), clock_(clock), logger_(logger), failures_(metrics) {}

  Authenticated<Access> authenticate(const PresentedCredential& shown) {
    const auto keys = keys_.current();
    if (!enforce_ && keys->rings.empty()) return Access::full();
    auto access = check(shown, *keys);
    if (const auto* failure = std::get_if<AuthFailure>(&access)) {
      note(*failure, enforce_ ? "credential refused" : "bad credential, not enforced",
           {"path", std::string(shown.path)}, shown.request_id);
      if (!enforce_) return Access::full();
    }
    return access;
  }

  bool permits(const Access& access, Permission permission, const ObjectId& id,
               std::string_view request_id) {
    if (access.allows(permission, id)) return true;
    note(operation_not_allowed(),
         enforce_ ? "operation denied" : "operation without permission, not enforced",
         {"object", id.storage_path()}, request_id);
    return !enforce_;
  }

 private:
  Authenticated<Access> check(const PresentedCredential& shown, const KeyDirectory::Edition& keys) {
    auto chosen = choose_credential(shown);
    if (auto* failure = std::get_if<AuthFailure>(&chosen)) return std::move(*failure);
    const auto& credential = std::get<std::variant<PresignedUrl, Token>>(chosen);
    if (const auto* token = std::get_if<Token>(&credential)) return check_token(token->text, keys);
    auto failure = refuse_presigned_url(shown, keys.rings, clock_.now());
    if (failure) return *std::move(failure);
    return Access::presigned();
  }

  Authenticated<Access> check_token(std::string_view token, const KeyDirectory::Edition& keys) {
    const auto now = clock_.now();
    if (auto known = tokens_.find(token, keys.number)) {
      if (now > known->good_until) return expired_token();
      return Access::granted(std::move(known->grant));
    }
    auto checked = verify_token(token, keys.rings, now);
    if (auto* failure = std::get_if<AuthFailure>(&checked)) return std::move(*failure);
    auto& verified = std::get<VerifiedToken>(checked);
    tokens_.insert(token, keys.number, verified);
    return Access::granted(std::move(verified.grant));
  }

  void note(const AuthFailure& failure, std::string_view message, const LogField& what,
            std::string_view request_id) {
    failures_.count(failure.kind);
    const auto level = enforce_ ? LogLevel::debug : LogLevel::warn;
    if (!logger_.enabled(level)) return;
    logger_.write(level, message,
                  {{"code", std::string(to_string(failure.kind))},
                   {"error", failure.causes.front()},
                   what,
                   {"request_id", std::string(request_id)}});
  }

  const KeyDirectory& keys_;
  bool enforce_;
  Clock& clock_;
  Logger& logger_;
  FailureCounts failures_;
  TokenMemory tokens_{remembered_tokens};
};

Authenticator::Authenticator(const KeyDirectory& keys, bool enforce, Clock& clock, Metrics& metrics,
                             Logger& logger)
    : impl_(std::make_unique<Impl>(keys, enforce, clock, metrics, logger)) {}
Authenticator::~Authenticator() = default;

Authenticated<Access> Authenticator::authenticate(const PresentedCredential& shown) {
  return impl_->authenticate(shown);
}

bool Authenticator::permits(const Access& access, Permission permission, const ObjectId& id,
                            std::string_view request_id) {
  return impl_->permits(access, permission, id, request_id);
}

}  // namespace objectstore
