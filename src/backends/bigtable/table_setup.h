// What the tables of rows and of the change log must be like: made by `objectstore bigtable setup`,
// checked when the service starts.
#pragma once

#include <google/bigtable/admin/v2/table.pb.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/rpc.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace objectstore::bigtable {

// A column family, and how its cells are collected.
struct FamilyRule {
  std::string name;
  ::google::bigtable::admin::v2::GcRule rule;  // not set: never
};

struct TableUse {
  bool rows = true;
  bool change_log = true;
};
[[nodiscard]] std::vector<FamilyRule> required_families(TableUse use);

struct AdminSettings {
  std::string table;        // "projects/…/instances/…/tables/…"
  std::string app_profile;  // empty: the instance's default
  std::string endpoint;     // for error texts
  Duration timeout = std::chrono::seconds(30);
};

// One request after the other, none of them repeated: both functions may be called again.
class TableSetup {
 public:
  // The references outlive the object. `transport` leads to the admin API.
  TableSetup(RpcTransport& transport, Clock& clock, Logger& logger, AdminSettings settings);

  struct Problem {
    bool fatal = false;  // the service must not run with it
    std::string text;    // what is wrong, and what to do
  };
  // Changes nothing. What the account may not see, or an emulator does not have, is no fatal
  // problem. Errors: the API can't be reached.
  [[nodiscard]] Task<Result<std::vector<Problem>>> check(TableUse use);

  // Creates what is missing, and leaves alone what is there: what it did, a text each.
  [[nodiscard]] Task<Result<std::vector<std::string>>> create_missing(TableUse use);

 private:
  using Table = ::google::bigtable::admin::v2::Table;

  // The request's member `field` is `resource`, by which it is routed.
  [[nodiscard]] Task<RpcReply> call(std::string_view method, std::string_view field,
                                    std::string_view resource, std::string message);
  [[nodiscard]] Error error(const RpcStatus& status, std::string_view action) const;
  [[nodiscard]] Task<RpcReply> get_table();
  [[nodiscard]] Task<Result<Table>> create_table(TableUse use, std::vector<std::string>& done);
  [[nodiscard]] Task<Result<void>> check_app_profile(std::vector<Problem>& problems);

  RpcTransport& transport_;
  Clock& clock_;
  Logger& logger_;
  const AdminSettings settings_;
  std::string instance_;  // "projects/…/instances/…"
};

}  // namespace objectstore::bigtable
