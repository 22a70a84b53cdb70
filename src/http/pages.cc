#include "http/pages.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iterator>
#include <string>
#include <utility>

namespace objectstore {

namespace {

constexpr std::string_view prometheus_text = "text/plain; version=0.0.4; charset=utf-8";

void set_typed(std::string_view type, std::string text, Response& response) {
  response.set_empty(200);
  response.add_header("content-type", type);
  response.text = std::move(text);
  response.length = response.text.size();
}

// One metric of the page for the autoscaler (semantics.md section 9).
void append_metric(std::string& out, std::string_view name, std::string_view type,
                   std::string_view help, std::uint64_t value) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help,
                 type, value);
}

}  // namespace

Task<void> Pages::answer(Call& call) const {
  auto& response = call.response;
  switch (call.request.match.route) {
    case Route::health:
      response.set_text(200, "OK");
      break;
    case Route::ready:
      ready(response);
      break;
    case Route::keda:
      load(response);
      break;
    case Route::metrics: {
      if (!settings_.metrics_text) {
        response.set_empty(404);
        break;
      }
      auto text = co_await settings_.metrics_text();
      set_typed(prometheus_text, std::move(text), response);
      break;
    }
    case Route::openapi:
      if (settings_.openapi.empty()) {
        response.set_empty(404);
      } else {
        set_typed("application/yaml", std::string(settings_.openapi), response);
      }
      break;
    default:
      response.set_empty(404);
      break;
  }
}

void Pages::ready(Response& response) const {
  // One look-up in a directory that is always cached: too short to be worth a pool thread, which
  // may itself be busy when readiness matters.
  const bool down =
      !settings_.ready_marker.empty() && ::access(settings_.ready_marker.c_str(), F_OK) == 0;
  if (down) {
    response.set_text(503, "Shutting down");
  } else if (settings_.store_is_writable && !settings_.store_is_writable()) {
    response.set_text(503, "The store is read-only");
  } else {
    response.set_text(200, "OK");
  }
}

void Pages::load(Response& response) const {
  const auto& limiter = parts_.rate_limiter;
  std::string out;
  append_metric(out, "objectstore_bytes_total", "counter", "Total bytes transferred since startup",
                limiter.bytes_total());
  append_metric(out, "objectstore_requests_total", "counter",
                "Total admitted requests since startup", limiter.admitted_total());
  append_metric(out, "objectstore_requests_in_flight", "gauge", "Current in-flight HTTP requests",
                in_flight_.count());
  append_metric(out, "objectstore_requests_limit", "gauge",
                "Configured maximum concurrent HTTP requests", in_flight_.limit());
  append_metric(out, "objectstore_tasks_running", "gauge", "Current running backend tasks",
                parts_.concurrency.in_use());
  append_metric(out, "objectstore_tasks_limit", "gauge",
                "Configured maximum concurrent backend tasks", parts_.concurrency.limit());
  const auto& limits = limiter.limits();
  if (limits.bandwidth.global_bps) {
    append_metric(out, "objectstore_bandwidth_limit", "gauge",
                  "Configured global bandwidth limit in bytes/s", *limits.bandwidth.global_bps);
  }
  if (limits.throughput.global_rps) {
    append_metric(out, "objectstore_throughput_limit", "gauge",
                  "Configured global throughput limit in requests/s",
                  *limits.throughput.global_rps);
  }
  set_typed(prometheus_text, std::move(out), response);
}

}  // namespace objectstore
