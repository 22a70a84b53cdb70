#include "backends/bigtable/rpc_errors.h"

#include <string>
#include <utility>

namespace objectstore::bigtable {
namespace {

ErrorCode code_of(RpcCode code) {
  switch (code) {
    case RpcCode::unavailable:
    case RpcCode::aborted:
    case RpcCode::cancelled:
    case RpcCode::unknown:
    case RpcCode::internal:
    case RpcCode::resource_exhausted:
      return ErrorCode::unavailable;
    case RpcCode::deadline_exceeded:
      return ErrorCode::deadline_exceeded;
    case RpcCode::data_loss:
      return ErrorCode::corrupt;
    case RpcCode::unimplemented:
      return ErrorCode::unsupported;
    case RpcCode::not_found:
    case RpcCode::permission_denied:
    case RpcCode::unauthenticated:
    case RpcCode::failed_precondition:
      return ErrorCode::io;
    case RpcCode::ok:
    case RpcCode::invalid_argument:
    case RpcCode::already_exists:
    case RpcCode::out_of_range:
      break;
  }
  return ErrorCode::internal;
}

std::string explain(RpcCode code, const RpcErrorContext& context) {
  const std::string table(context.table);
  const std::string endpoint(context.endpoint);
  switch (code) {
    case RpcCode::unavailable:
      return "can't reach Bigtable at " + endpoint + "; is it up?";
    case RpcCode::deadline_exceeded:
      return "Bigtable at " + endpoint + " did not answer in time";
    case RpcCode::not_found:
      return table +
             " or one of its column families does not exist; run `objectstore bigtable setup`";
    case RpcCode::permission_denied:
      return "no permission for " + table + "; the account needs the role roles/bigtable.user";
    case RpcCode::unauthenticated:
      return "Bigtable does not accept the credentials; give this process a service account or "
             "set GOOGLE_APPLICATION_CREDENTIALS";
    case RpcCode::failed_precondition:
      return "the app profile must route to a single cluster and allow single-row transactions";
    case RpcCode::resource_exhausted:
      return "a quota or limit of Bigtable is used up for " + table +
             "; see the quotas of the project and the load of the instance";
    case RpcCode::unimplemented:
      return "the service at " + endpoint + " does not know this request; is it Bigtable?";
    default:
      return "request to " + table + " failed";
  }
}

}  // namespace

Error rpc_error(const RpcStatus& status, const RpcErrorContext& context) {
  std::string cause(to_string(status.code));
  if (!status.message.empty()) cause += ": " + status.message;
  const bool closing = status.never_sent && status.code == RpcCode::cancelled;
  return Error(closing ? ErrorCode::cancelled : code_of(status.code), std::move(cause))
      .wrap(explain(status.code, context))
      .wrap("Bigtable: " + std::string(context.action) + " failed");
}

}  // namespace objectstore::bigtable
