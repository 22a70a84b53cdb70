#include "backends/s3/errors.h"

#include <array>
#include <pugixml.hpp>
#include <string>

#include "cloud/store_errors.h"
#include "net/rfc3339.h"

namespace objectstore {

namespace {

struct ErrorDetails {
  std::string region;
  std::string endpoint;
  std::string server_time;
};

// Not all requests have a body to tell it.
ErrorDetails read_details(const HttpReply& reply) {
  ErrorDetails details;
  pugi::xml_document document;
  if (document.load_buffer(reply.body.data(), reply.body.size())) {
    const auto error = document.child("Error");
    details.region = error.child_value("Region");
    details.endpoint = error.child_value("Endpoint");
    details.server_time = error.child_value("ServerTime");
  }
  if (const auto region = find_header(reply.headers, "x-amz-bucket-region")) {
    details.region = *region;
  }
  return details;
}

std::string skew_text(const ErrorDetails& details, WallTime now) {
  const auto server = parse_rfc3339(details.server_time);
  if (!server) return "this machine's clock and that of S3 differ by more than S3 allows";
  const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(now - *server).count();
  std::string text = "this machine's clock is ";
  text.append(std::to_string(ahead < 0 ? -ahead : ahead)).append(" s ");
  return text.append(ahead < 0 ? "behind" : "ahead of").append(" that of S3");
}

std::string region_text(const S3Settings& settings, const ErrorDetails& details) {
  std::string text = "S3 bucket `" + settings.bucket + "` ";
  if (!details.region.empty() && details.region != settings.region) {
    text.append("is in region `").append(details.region).append("`, the configuration says `");
    return text.append(settings.region).append("`");
  }
  if (details.endpoint.empty()) return {};
  return text.append("is to be reached at `").append(details.endpoint).append("`");
}

// Empty: the refusal says it all.
std::string explanation(const S3Settings& settings, const HttpReply& reply,
                        const StoreRefusal& refusal, WallTime now) {
  const auto details = read_details(reply);
  if (refusal.code == "RequestTimeTooSkewed") return skew_text(details, now);
  const bool may_be_elsewhere =
      reply.status == 301 || reply.status == 307 || reply.status == 400 || reply.status == 403;
  if (may_be_elsewhere) {
    if (auto text = region_text(settings, details); !text.empty()) return text;
  }
  if (refusal.code == "NoSuchBucket") return "S3 has no bucket `" + settings.bucket + "`";
  return {};
}

bool is_callers_fault(std::string_view code) {
  return code == "MetadataTooLarge" || code == "KeyTooLongError" || code == "InvalidObjectName";
}

int status_of(std::string_view code) {
  struct Known {
    std::string_view code;
    int status;
  };
  constexpr std::array<Known, 7> known = {{{"InternalError", 500},
                                           {"ServiceUnavailable", 503},
                                           {"SlowDown", 503},
                                           {"PreconditionFailed", 412},
                                           {"NoSuchUpload", 404},
                                           {"OperationAborted", 409},
                                           {"ConditionalRequestConflict", 409}}};
  for (const auto& entry : known) {
    if (entry.code == code) return entry.status;
  }
  return 400;
}

}  // namespace

Error s3_refusal(const S3Settings& settings, std::string_view action, const HttpReply& reply,
                 WallTime now) {
  const auto refusal = read_refusal(reply);
  auto error = refusal_error("S3", action, refusal);
  if (is_callers_fault(refusal.code)) {
    error = Error(ErrorCode::invalid_argument, error.message());
  }
  auto text = explanation(settings, reply, refusal, now);
  return text.empty() ? error : std::move(error).wrap(std::move(text));
}

void reveal_late_refusal(HttpReply& reply) {
  if (reply.status != 200 || reply.body.empty()) return;
  const auto refusal = read_refusal(reply);
  if (!refusal.code.empty()) reply.status = status_of(refusal.code);
}

bool is_passing_conflict(const HttpReply& reply) {
  if (reply.status != 409) return false;
  const auto code = read_refusal(reply).code;
  return code == "OperationAborted" || code == "ConditionalRequestConflict";
}

bool is_absent(const HttpReply& reply) {
  if (reply.status != 404) return false;
  const auto code = read_refusal(reply).code;
  return code.empty() || code == "NoSuchKey" || code == "NoSuchUpload" || code == "NotFound";
}

}  // namespace objectstore
