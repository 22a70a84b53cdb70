#include "app/maintenance_protocol.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace objectstore {
namespace {

using Action = ChangelogCommand::Action;

ScrubOptions every_option() {
  ScrubOptions options;
  options.deep = true;
  options.repair = true;
  options.bytes_per_second = 50'000'000;
  options.young = std::chrono::hours(1);
  options.resume = "1:2:u%2fobjects";
  return options;
}

TEST(MaintenanceProtocol, commands_are_lines_of_json) {
  const std::pair<MaintenanceCommand, std::string> cases[] = {
      {ScrubOptions(),
       R"({"command":"scrub","options":{"deep":false,"repair":false,"bytes_per_second":0,"young_s":93600,"resume":""}})"},
      {every_option(),
       R"({"command":"scrub","options":{"deep":true,"repair":true,"bytes_per_second":50000000,"young_s":3600,"resume":"1:2:u%2fobjects"}})"},
      {ChangelogCommand{Action::list, "", false}, R"({"command":"changelog list","options":{}})"},
      {ChangelogCommand{Action::show, "a", false},
       R"({"command":"changelog show","options":{"id":"a"}})"},
      {ChangelogCommand{Action::retry, "", false}, R"({"command":"changelog retry","options":{}})"},
      {ChangelogCommand{Action::drop, "a", true},
       R"({"command":"changelog drop","options":{"id":"a","confirmed":true}})"},
  };
  for (const auto& [command, line] : cases) {
    EXPECT_EQ(encode_command(command), line);
    const auto decoded = decode_command(line);
    ASSERT_TRUE(decoded.ok()) << line;
    EXPECT_EQ(encode_command(*decoded), line);
  }
}

TEST(MaintenanceProtocol, options_left_out_have_the_defaults) {
  const auto decoded = decode_command(R"({"command":"scrub","options":{}})");
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(encode_command(*decoded), encode_command(ScrubOptions()));
}

TEST(MaintenanceProtocol, what_is_not_known_is_refused) {
  const std::string cases[] = {
      "",
      "scrub",
      "[]",
      "{}",
      R"({"command":"scrub"})",
      R"({"command":7,"options":{}})",
      R"({"command":"scrub","options":[]})",
      R"({"command":"scrub","options":{},"more":1})",
      R"({"command":"changelog","options":{}})",
      R"({"command":"scrub","options":{"dry_run":true}})",
      R"({"command":"scrub","options":{"repair":"no"}})",
      R"({"command":"scrub","options":{"bytes_per_second":-1}})",
      R"({"command":"changelog drop","options":{"id":"a","confirmed":1}})",
      "{\"command\":\"\xff\",\"options\":{}}",
  };
  for (const auto& line : cases) {
    const auto decoded = decode_command(line);
    ASSERT_FALSE(decoded.ok()) << line;
    EXPECT_EQ(decoded.error().code(), ErrorCode::invalid_argument) << line;
  }
}

TEST(MaintenanceProtocol, events_are_lines_of_json) {
  Finding finding;
  finding.kind = Finding::Kind::orphaned_blob;
  finding.object = "u/objects/k";
  finding.name = "7f/x";
  finding.bytes = 7;
  finding.detail = "\xff?";
  EXPECT_EQ(to_line(event_of(finding)),
            "{\"event\":\"finding\",\"kind\":\"orphaned_blob\",\"object\":\"u/objects/k\","
            "\"name\":\"7f/x\",\"bytes\":7,\"detail\":\"\xef\xbf\xbd?\",\"repaired\":false}\n");
  ScrubReport report;
  report.outcome = ScrubReport::Outcome::incomplete;
  report.totals.rows = 3;
  report.resume = "1:2:a";
  report.problem = "stopped";
  EXPECT_EQ(
      to_line(event_of(report)),
      R"({"event":"summary","rows":3,"blobs":0,"entries":0,"open_uploads":0,)"
      R"("swept_later":0,"unknown_versions":0,"bytes_verified":0,"findings":0,"outcome":"incomplete",)"
      R"("repaired":0,"resume":"1:2:a","problem":"stopped"})"
      "\n");
  EXPECT_EQ(to_line(event_of(Error(ErrorCode::io, "broken"))),
            "{\"event\":\"error\",\"message\":\"broken\",\"code\":\"io\"}\n");
}

}  // namespace
}  // namespace objectstore
