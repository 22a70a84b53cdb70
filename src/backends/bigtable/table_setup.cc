#include "backends/bigtable/table_setup.h"

#include <fmt/format.h>
#include <google/bigtable/admin/v2/bigtable_instance_admin.pb.h>
#include <google/bigtable/admin/v2/bigtable_table_admin.pb.h>
#include <google/bigtable/admin/v2/instance.pb.h>

#include "backends/bigtable/cell_names.h"
#include "backends/bigtable/routing_header.h"
#include "backends/bigtable/rpc_errors.h"
#include "base/assert.h"

namespace objectstore::bigtable {

namespace {

namespace admin = ::google::bigtable::admin::v2;

constexpr std::string_view tables_part = "/tables/";
constexpr std::int64_t week_s = std::int64_t{7} * 24 * 3600;

admin::GcRule max_age(std::int64_t seconds) {
  admin::GcRule rule;
  rule.mutable_max_age()->set_seconds(seconds);
  return rule;
}

std::string list(const google::protobuf::RepeatedPtrField<admin::GcRule>& rules,
                 std::string_view between);

std::string text_of(const admin::GcRule& rule) {
  switch (rule.rule_case()) {
    case admin::GcRule::kMaxNumVersions:
      return fmt::format("at most {} versions", rule.max_num_versions());
    case admin::GcRule::kMaxAge:
      return rule.max_age().nanos() == 0
                 ? fmt::format("at most {} s old", rule.max_age().seconds())
                 : fmt::format("at most {}.{:09} s old", rule.max_age().seconds(),
                               rule.max_age().nanos());
    case admin::GcRule::kIntersection:
      return list(rule.intersection().rules(), " or ");
    case admin::GcRule::kUnion:
      return list(rule.union_().rules(), " and ");
    case admin::GcRule::RULE_NOT_SET:
      break;
  }
  return "everything";
}

// What is kept: an intersection of what is collected is an "or".
std::string list(const google::protobuf::RepeatedPtrField<admin::GcRule>& rules,
                 std::string_view between) {
  std::string out;
  for (const auto& rule : rules) {
    if (!out.empty()) out += between;
    out += text_of(rule);
  }
  return "(" + out + ")";
}

// Whether nothing can be said about it, rather than something be wrong: a restricted account, or
// an emulator.
bool is_hidden(RpcCode code) {
  return code == RpcCode::permission_denied || code == RpcCode::unauthenticated ||
         code == RpcCode::unimplemented;
}

}  // namespace

std::vector<FamilyRule> required_families(TableUse use) {
  std::vector<FamilyRule> families;
  if (use.rows) {
    families.push_back({std::string(collected_family), max_age(1)});
    families.push_back({std::string(kept_family), admin::GcRule()});
    families.push_back({std::string(intent_family), max_age(week_s)});
  }
  if (use.change_log) {
    admin::GcRule one_version;
    one_version.set_max_num_versions(1);
    families.push_back({std::string(log_family), one_version});
  }
  return families;
}

TableSetup::TableSetup(RpcTransport& transport, Clock& clock, Logger& logger,
                       AdminSettings settings)
    : transport_(transport), clock_(clock), logger_(logger), settings_(std::move(settings)) {
  const auto end = settings_.table.find(tables_part);
  OBJECTSTORE_ASSERT(end != std::string::npos);
  instance_ = settings_.table.substr(0, end);
}

Task<RpcReply> TableSetup::call(std::string_view method, std::string_view field,
                                std::string_view resource, std::string message) {
  RpcRequest request;
  request.method = method;
  request.metadata = {routing_header({{field, resource}})};
  request.message = std::move(message);
  request.deadline = clock_.monotonic_now() + settings_.timeout;
  co_return co_await call_unary(transport_, std::move(request));
}

Error TableSetup::error(const RpcStatus& status, std::string_view action) const {
  RpcErrorContext context;
  context.action = action;
  context.table = settings_.table;
  context.endpoint = settings_.endpoint;
  return rpc_error(status, context);
}

Task<RpcReply> TableSetup::get_table() {
  admin::GetTableRequest request;
  request.set_name(settings_.table);
  request.set_view(admin::Table::SCHEMA_VIEW);
  constexpr std::string_view method = "/google.bigtable.admin.v2.BigtableTableAdmin/GetTable";
  co_return co_await call(method, "name", settings_.table, request.SerializeAsString());
}

// ---- check

Task<Result<std::vector<TableSetup::Problem>>> TableSetup::check(TableUse use) {
  std::vector<Problem> problems;
  const auto reply = co_await get_table();
  if (reply.status.code == RpcCode::not_found) {
    problems.push_back({true, fmt::format("table {} does not exist; run `objectstore bigtable "
                                          "setup` to create it",
                                          settings_.table)});
  } else if (is_hidden(reply.status.code)) {
    problems.push_back({false, error(reply.status, "checking the table").describe()});
  } else if (!reply.status.ok()) {
    co_return error(reply.status, "checking the table");
  } else {
    admin::Table table;
    if (!table.ParseFromString(reply.message)) {
      co_return Error(ErrorCode::corrupt, "Bigtable's description of a table can't be read");
    }
    for (const auto& [name, rule] : required_families(use)) {
      const auto found = table.column_families().find(name);
      if (found == table.column_families().end()) {
        problems.push_back({true, fmt::format("table {} has no column family {}; run `objectstore "
                                              "bigtable setup` to create it",
                                              settings_.table, name)});
        continue;
      }
      const auto wanted = text_of(rule);
      const auto present = text_of(found->second.gc_rule());
      if (present != wanted) {
        problems.push_back({false, fmt::format("column family {} of table {} keeps {}, and should "
                                               "keep {}",
                                               name, settings_.table, present, wanted)});
      }
    }
  }
  CO_TRY(co_await check_app_profile(problems));
  co_return std::move(problems);
}

Task<Result<void>> TableSetup::check_app_profile(std::vector<Problem>& problems) {
  const std::string id = settings_.app_profile.empty() ? "default" : settings_.app_profile;
  admin::GetAppProfileRequest request;
  request.set_name(instance_ + "/appProfiles/" + id);
  constexpr std::string_view method =
      "/google.bigtable.admin.v2.BigtableInstanceAdmin/GetAppProfile";
  const auto reply = co_await call(method, "name", request.name(), request.SerializeAsString());
  if (reply.status.code == RpcCode::not_found || is_hidden(reply.status.code)) {
    logger_.debug("the app profile can't be looked at",
                  {{"app_profile", id}, {"reason", reply.status.message}});
    co_return Result<void>();
  }
  if (!reply.status.ok()) co_return error(reply.status, "checking the app profile");
  admin::AppProfile profile;
  if (!profile.ParseFromString(reply.message)) {
    co_return Error(ErrorCode::corrupt, "Bigtable's description of an app profile can't be read");
  }
  constexpr std::string_view advice =
      "give `app_profile` one that routes to a single cluster and allows single-row transactions";
  if (profile.has_multi_cluster_routing_use_any()) {
    problems.push_back({true, fmt::format("app profile {} routes to several clusters, where "
                                          "conditional writes are not possible; {}",
                                          id, advice)});
  } else if (profile.has_single_cluster_routing() &&
             !profile.single_cluster_routing().allow_transactional_writes()) {
    problems.push_back(
        {true,
         fmt::format("app profile {} does not allow single-row transactions; {}", id, advice)});
  }
  co_return Result<void>();
}

// ---- creating

Task<Result<TableSetup::Table>> TableSetup::create_table(TableUse use,
                                                         std::vector<std::string>& done) {
  admin::CreateTableRequest request;
  request.set_parent(instance_);
  request.set_table_id(settings_.table.substr(instance_.size() + tables_part.size()));
  auto& families = *request.mutable_table()->mutable_column_families();
  for (const auto& family : required_families(use))
    *families[family.name].mutable_gc_rule() = family.rule;
  constexpr std::string_view method = "/google.bigtable.admin.v2.BigtableTableAdmin/CreateTable";
  const auto created = co_await call(method, "parent", instance_, request.SerializeAsString());
  if (created.status.ok()) done.push_back("created table " + settings_.table);
  // Or somebody else did just now.
  if (!created.status.ok() && created.status.code != RpcCode::already_exists) {
    co_return error(created.status, "creating the table");
  }
  const auto reply = co_await get_table();
  if (!reply.status.ok()) co_return error(reply.status, "looking at the table");
  Table table;
  if (!table.ParseFromString(reply.message)) {
    co_return Error(ErrorCode::corrupt, "Bigtable's description of a table can't be read");
  }
  co_return std::move(table);
}

Task<Result<std::vector<std::string>>> TableSetup::create_missing(TableUse use) {
  std::vector<std::string> done;
  CO_TRY_ASSIGN(const auto table, co_await create_table(use, done));
  for (const auto& family : required_families(use)) {
    if (table.column_families().contains(family.name)) continue;
    // One by one, so that a family which somebody else creates meanwhile keeps back no other.
    admin::ModifyColumnFamiliesRequest request;
    request.set_name(settings_.table);
    auto& modification = *request.add_modifications();
    modification.set_id(family.name);
    *modification.mutable_create()->mutable_gc_rule() = family.rule;
    constexpr std::string_view method =
        "/google.bigtable.admin.v2.BigtableTableAdmin/ModifyColumnFamilies";
    const auto reply = co_await call(method, "name", settings_.table, request.SerializeAsString());
    if (reply.status.ok()) {
      done.push_back("created column family " + family.name + ", which keeps " +
                     text_of(family.rule));
    } else if (reply.status.code != RpcCode::already_exists) {
      co_return error(reply.status, "creating a column family");
    }
  }
  co_return std::move(done);
}

}  // namespace objectstore::bigtable
