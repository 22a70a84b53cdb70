#include "backends/bigtable/table_setup.h"

#include <gmock/gmock.h>
#include <google/bigtable/admin/v2/bigtable_table_admin.pb.h>
#include <google/bigtable/admin/v2/instance.pb.h>

#include "testing/manual_clock.h"
#include "testing/recording_logger.h"
#include "testing/run.h"
#include "testing/scripted_rpc.h"

namespace objectstore::bigtable {
namespace {

namespace admin = ::google::bigtable::admin::v2;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::rpc_failure;
using testing::rpc_ok;
using testing::run;

constexpr std::string_view get_table = "/google.bigtable.admin.v2.BigtableTableAdmin/GetTable";
constexpr std::string_view create_table =
    "/google.bigtable.admin.v2.BigtableTableAdmin/CreateTable";
constexpr std::string_view modify_families =
    "/google.bigtable.admin.v2.BigtableTableAdmin/ModifyColumnFamilies";
constexpr std::string_view get_app_profile =
    "/google.bigtable.admin.v2.BigtableInstanceAdmin/GetAppProfile";
const std::string instance = "projects/p/instances/i";

class TableSetupTest : public ::testing::Test {
 protected:
  static std::string table_with(const std::vector<FamilyRule>& families) {
    admin::Table table;
    for (const auto& family : families)
      *(*table.mutable_column_families())[family.name].mutable_gc_rule() = family.rule;
    return table.SerializeAsString();
  }
  static std::string profile(bool several_clusters, bool transactions) {
    admin::AppProfile profile;
    if (several_clusters) {
      (void)profile.mutable_multi_cluster_routing_use_any();
    } else {
      profile.mutable_single_cluster_routing()->set_allow_transactional_writes(transactions);
    }
    return profile.SerializeAsString();
  }
  std::vector<TableSetup::Problem> check(TableUse use = TableUse()) {
    auto problems = run(setup_.check(use));
    EXPECT_TRUE(problems.ok()) << problems.error().describe();
    EXPECT_TRUE(rpc_.done());
    return problems.ok() ? *std::move(problems) : std::vector<TableSetup::Problem>();
  }

  testing::ScriptedRpc rpc_;
  testing::ManualClock clock_;
  testing::RecordingLogger logger_;
  TableSetup setup_{rpc_, clock_, logger_,
                    AdminSettings{instance + "/tables/t", "", "localhost:1"}};
};

TEST_F(TableSetupTest, a_table_as_it_should_be_has_no_problems) {
  rpc_.expect(get_table, rpc_ok({table_with(required_families(TableUse()))}));
  rpc_.expect(get_app_profile, rpc_ok({profile(false, true)}));
  EXPECT_THAT(check(), IsEmpty());
  EXPECT_EQ(rpc_.calls()[0].header("x-goog-request-params"),
            "name=projects%2Fp%2Finstances%2Fi%2Ftables%2Ft");
}

TEST_F(TableSetupTest, missing_families_are_fatal_and_named_with_the_way_out) {
  auto families = required_families(TableUse());
  std::erase_if(families, [](const FamilyRule& family) { return family.name == "fi"; });
  rpc_.expect(get_table, rpc_ok({table_with(families)}));
  rpc_.expect(get_app_profile, rpc_failure(RpcCode::unimplemented));
  const auto problems = check();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(problems[0].fatal);
  EXPECT_THAT(problems[0].text, HasSubstr("no column family fi"));
  EXPECT_THAT(problems[0].text, HasSubstr("`objectstore bigtable setup`"));
  EXPECT_EQ(logger_.count("app profile"), 1U);
}

TEST_F(TableSetupTest, only_the_families_that_are_used_are_asked_for) {
  rpc_.expect(get_table, rpc_ok({table_with(required_families(TableUse{false, true}))}));
  rpc_.expect(get_app_profile, rpc_failure(RpcCode::not_found));
  EXPECT_THAT(check(TableUse{false, true}), IsEmpty());
}

TEST_F(TableSetupTest, another_way_to_collect_cells_is_a_warning_that_tells_both) {
  auto families = required_families(TableUse());
  families[2].rule.Clear();
  families[2].rule.mutable_union_()->add_rules()->set_max_num_versions(3);
  families[2].rule.mutable_union_()->add_rules()->mutable_max_age()->set_seconds(60);
  rpc_.expect(get_table, rpc_ok({table_with(families)}));
  rpc_.expect(get_app_profile, rpc_failure(RpcCode::not_found));
  const auto problems = check();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_FALSE(problems[0].fatal);
  EXPECT_EQ(problems[0].text,
            "column family fi of table projects/p/instances/i/tables/t keeps (at most 3 versions "
            "and at most 60 s old), and should keep at most 604800 s old");
}

TEST_F(TableSetupTest, a_missing_table_is_fatal) {
  rpc_.expect(get_table, rpc_failure(RpcCode::not_found));
  rpc_.expect(get_app_profile, rpc_failure(RpcCode::not_found));
  const auto problems = check();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(problems[0].fatal);
  EXPECT_THAT(problems[0].text, HasSubstr("`objectstore bigtable setup`"));
}

TEST_F(TableSetupTest, app_profiles_must_allow_single_row_transactions) {
  for (const bool several : {true, false}) {
    rpc_.expect(get_table, rpc_ok({table_with(required_families(TableUse()))}));
    rpc_.expect(get_app_profile, rpc_ok({profile(several, false)}));
    const auto problems = check();
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_TRUE(problems[0].fatal);
    EXPECT_THAT(problems[0].text, HasSubstr("app profile default"));
    EXPECT_THAT(problems[0].text, HasSubstr("routes to a single cluster"));
  }
}

TEST_F(TableSetupTest, an_account_that_may_not_look_is_no_obstacle) {
  rpc_.expect(get_table, rpc_failure(RpcCode::permission_denied));
  rpc_.expect(get_app_profile, rpc_failure(RpcCode::permission_denied));
  const auto problems = check();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_FALSE(problems[0].fatal);
}

TEST_F(TableSetupTest, a_service_that_can_not_be_reached_is_an_error) {
  rpc_.expect(get_table, rpc_failure(RpcCode::unavailable));
  const auto problems = run(setup_.check(TableUse()));
  ASSERT_FALSE(problems.ok());
  EXPECT_TRUE(problems.error().retryable());
}

TEST_F(TableSetupTest, setup_creates_a_table_with_its_families) {
  admin::CreateTableRequest seen;
  rpc_.expect(create_table, [&](const testing::ScriptedRpc::Seen& call) {
    EXPECT_TRUE(seen.ParseFromString(call.message));
    return rpc_ok({""});
  });
  rpc_.expect(get_table, rpc_ok({table_with(required_families(TableUse()))}));
  const auto done = run(setup_.create_missing(TableUse()));
  ASSERT_TRUE(done.ok()) << done.error().describe();
  EXPECT_EQ(*done, std::vector<std::string>{"created table projects/p/instances/i/tables/t"});
  EXPECT_EQ(seen.parent(), instance);
  EXPECT_EQ(seen.table_id(), "t");
  ASSERT_EQ(seen.table().column_families_size(), 4);
  const auto& families = seen.table().column_families();
  EXPECT_EQ(families.at("fg").gc_rule().max_age().seconds(), 1);
  EXPECT_EQ(families.at("fm").gc_rule().rule_case(), admin::GcRule::RULE_NOT_SET);
  EXPECT_EQ(families.at("fi").gc_rule().max_age().seconds(), 604'800);
  EXPECT_EQ(families.at("fc").gc_rule().max_num_versions(), 1);
}

TEST_F(TableSetupTest, setup_adds_what_is_missing_and_leaves_the_rest_alone) {
  auto families = required_families(TableUse{true, false});
  families.pop_back();
  rpc_.expect(create_table, rpc_failure(RpcCode::already_exists));
  rpc_.expect(get_table, rpc_ok({table_with(families)}));
  std::vector<std::string> created;
  const auto create = [&](RpcCode code) {
    return [&created, code](const testing::ScriptedRpc::Seen& call) {
      admin::ModifyColumnFamiliesRequest request;
      EXPECT_TRUE(request.ParseFromString(call.message));
      EXPECT_EQ(request.modifications_size(), 1);
      EXPECT_TRUE(request.modifications(0).has_create());
      created.push_back(request.modifications(0).id());
      return code == RpcCode::ok ? rpc_ok({""}) : rpc_failure(code);
    };
  };
  rpc_.expect(modify_families, create(RpcCode::already_exists));
  rpc_.expect(modify_families, create(RpcCode::ok));
  const auto done = run(setup_.create_missing(TableUse()));
  ASSERT_TRUE(done.ok()) << done.error().describe();
  EXPECT_TRUE(rpc_.done());
  EXPECT_EQ(created, (std::vector<std::string>{"fi", "fc"}));
  EXPECT_EQ(*done,
            std::vector<std::string>{"created column family fc, which keeps at most 1 versions"});
}

}  // namespace
}  // namespace objectstore::bigtable
