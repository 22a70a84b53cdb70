#include "backends/bigtable/operation.h"

#include <algorithm>
#include <utility>

#include "backends/bigtable/routing_header.h"
#include "backends/bigtable/rpc_errors.h"

namespace objectstore::bigtable {
namespace {

constexpr std::string_view cookie_prefix = "x-goog-cbt-cookie";
constexpr std::size_t most_cookies = 16;
constexpr std::size_t longest_cookie = 4096;

// google.bigtable.v2.FeatureFlags, in base64: last_scanned_row_responses (4), routing_cookie (6)
// and retry_info (7) are true.
constexpr std::string_view feature_flags = "IAEwATgB";

RpcMetadata common_headers(const TableSettings& settings) {
  return {
      routing_header({{"table_name", settings.table}, {"app_profile_id", settings.app_profile}}),
      {"x-goog-api-client", settings.client_name},
      {"bigtable-features", std::string(feature_flags)}};
}

}  // namespace

TableChannel::TableChannel(RpcTransport& transport, Clock& clock, Random& random,
                           TableSettings settings)
    : transport(transport),
      clock(clock),
      random(random),
      settings(std::move(settings)),
      headers(common_headers(this->settings)),
      budget(this->settings.retry_budget, clock) {}

RpcRequest TableChannel::request(std::string_view method, std::string message, int attempt,
                                 MonotonicTime deadline) const {
  RpcRequest request;
  request.method = method;
  request.metadata = headers;
  request.metadata.emplace_back("bigtable-attempt", std::to_string(attempt));
  request.message = std::move(message);
  request.deadline = deadline;
  return request;
}

Operation::Operation(TableChannel& channel, const Action& action, Repeat repeat)
    : channel_(channel),
      action_(action),
      repeat_(repeat),
      deadline_(channel.clock.monotonic_now() + channel.settings.total_timeout),
      backoff_(channel.settings.backoff, channel.random) {
  channel.budget.request_begun();
  count(&RequestCounts::calls);
}

RpcRequest Operation::request(std::string_view method, std::string message) const {
  const auto attempt_deadline = channel_.clock.monotonic_now() + channel_.settings.attempt_timeout;
  auto request =
      channel_.request(method, std::move(message), attempt_, std::min(attempt_deadline, deadline_));
  request.metadata.insert(request.metadata.end(), cookies_.begin(), cookies_.end());
  return request;
}

Task<bool> Operation::again(const RpcStatus& status, const RpcMetadata& metadata) {
  keep_cookies(metadata);
  ++attempt_;
  ++failures_;
  const auto wait = wait_before_next(status);
  count(wait ? &RequestCounts::retries : &RequestCounts::failures);
  if (!wait) co_return false;
  co_await channel_.clock.sleep_for(*wait);
  co_return true;
}

std::optional<Duration> Operation::wait_before_next(const RpcStatus& status) {
  if (verdict(status) != Verdict::retry) return std::nullopt;
  const auto wait = std::max(backoff_.next(), status.retry_delay.value_or(Duration(0)));
  if (wait >= deadline_ - channel_.clock.monotonic_now()) return std::nullopt;
  if (channel_.budget.take()) return wait;
  count(&RequestCounts::budget_refusals);
  return std::nullopt;
}

Verdict Operation::verdict(const RpcStatus& status) const {
  return judge(status, repeat_, failures_);
}

Error Operation::error(const RpcStatus& status) const {
  return rpc_error(status, {action_.text, channel_.settings.table, channel_.settings.endpoint});
}

void Operation::keep_cookies(const RpcMetadata& metadata) {
  for (const auto& [name, value] : metadata) {
    if (!name.starts_with(cookie_prefix) || name.size() + value.size() > longest_cookie) continue;
    const auto same = [&wanted = name](const auto& cookie) { return cookie.first == wanted; };
    const auto it = std::find_if(cookies_.begin(), cookies_.end(), same);
    if (it != cookies_.end()) {
      it->second = value;
    } else if (cookies_.size() < most_cookies) {
      cookies_.emplace_back(name, value);
    }
  }
}

}  // namespace objectstore::bigtable
