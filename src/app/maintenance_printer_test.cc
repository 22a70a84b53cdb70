#include "app/maintenance_printer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "testing/manual_clock.h"

namespace objectstore {
namespace {

using namespace std::chrono_literals;

struct Printed {
  explicit Printed(PrinterStyle style) : printer(out, err, std::move(style), clock) {}
  void print(const std::string& json) { printer.print(MaintenanceEvent::parse(json)); }
  testing::ManualClock clock;
  std::ostringstream out;
  std::ostringstream err;
  MaintenancePrinter printer;
};

PrinterStyle scrub_style() {
  PrinterStyle style;
  style.scrub = true;
  style.command = "objectstore -c a.yaml scrub --deep";
  return style;
}

std::string summary(const std::string& outcome, int findings, int repaired) {
  return R"({"event":"summary","rows":3,"blobs":2,"entries":1,"bytes_verified":0,"findings":)" +
         std::to_string(findings) + R"(,"outcome":")" + outcome + R"(","repaired":)" +
         std::to_string(repaired) + R"(,"resume":"1:2:a","problem":"stopped"})";
}

TEST(MaintenancePrinter, the_last_event_makes_the_exit_code) {
  struct Case {
    std::string event;
    bool scrub;
    int code;
  };
  const Case cases[] = {
      {summary("clean", 0, 0), true, 0},
      {summary("findings", 2, 1), true, 1},
      {summary("findings", 2, 2), true, 0},
      {summary("incomplete", 2, 2), true, 2},
      {summary("of another version", 0, 0), true, 2},
      {R"({"event":"error","message":"x"})", true, 2},
      {R"({"event":"error","message":"x"})", false, 1},
      {R"({"event":"done","message":""})", false, 0},
  };
  for (const auto& [event, scrub, code] : cases) {
    for (const bool json : {false, true}) {
      PrinterStyle style;
      style.scrub = scrub;
      style.json = json;
      Printed printed(style);
      EXPECT_FALSE(printed.printer.ended());
      printed.print(event);
      ASSERT_TRUE(printed.printer.ended()) << event;
      EXPECT_EQ(static_cast<int>(*printed.printer.ended()), code) << event;
    }
  }
}

TEST(MaintenancePrinter, findings_and_summary_are_readable_lines_on_stdout) {
  Printed printed(scrub_style());
  printed.print(R"({"event":"finding","kind":"orphaned_blob","object":"u/objects/k","name":"7f/x",)"
                R"("bytes":3145728,"detail":"nobody points to it","repaired":true})");
  printed.print(R"({"event":"finding","kind":"unreadable_blob","object":"","name":"7f/y",)"
                R"("bytes":0,"detail":"no header","repaired":false})");
  printed.print(summary("findings", 2, 1));
  EXPECT_EQ(printed.out.str(),
            "orphaned_blob u/objects/k nobody points to it [7f/x] 3.0 MiB, repaired\n"
            "unreadable_blob - no header [7f/y]\n"
            "findings: looked at 3 rows, 2 blobs, 1 entries; 2 findings, 1 repaired\n");
  EXPECT_EQ(printed.err.str(), "");
}

TEST(MaintenancePrinter, an_incomplete_scrub_says_how_to_go_on) {
  Printed printed(scrub_style());
  printed.print(summary("incomplete", 0, 0));
  EXPECT_EQ(printed.err.str(),
            "incomplete: stopped\n"
            "to go on: objectstore -c a.yaml scrub --deep --resume 1:2:a\n");
}

TEST(MaintenancePrinter, entries_are_readable) {
  Printed printed(PrinterStyle{});
  printed.print(
      R"({"event":"entry","state":"claimed","id":"0196","key":"~changelog/0196",)"
      R"("time_ms":1,"age_s":133,"object":"u/objects/k","new":"u/objects/k/1","old":null,)"
      R"("owner":"web-3:1:ab12"})");
  EXPECT_EQ(printed.out.str(),
            "claimed         0196 2m 13s\n"
            "    object: u/objects/k\n"
            "    owner: web-3:1:ab12\n"
            "    new blob: u/objects/k/1\n");
}

TEST(MaintenancePrinter, multipart_uploads_are_readable) {
  Printed printed(PrinterStyle{});
  printed.print(
      R"({"event":"entry","state":"open_upload","id":"0196","age_s":133,"object":"u/objects/k",)"
      R"("phase":"idle","attempts":2,"last_attempt":"0197","due_s":93600})");
  printed.print(R"({"event":"entry","state":"dead_upload","id":"0198","age_s":1,"attempts":0})");
  EXPECT_EQ(printed.out.str(),
            "open_upload     0196 2m 13s\n"
            "    object: u/objects/k\n"
            "    attempts: 2, the last one 0197\n"
            "    given up: in 1d 2h\n"
            "dead_upload     0198 1s\n");
}

TEST(MaintenancePrinter, open_uploads_are_counted_where_there_are_any) {
  Printed printed(scrub_style());
  printed.print(R"({"event":"summary","rows":3,"blobs":2,"entries":4,"open_uploads":3,)"
                R"("findings":0,"outcome":"clean"})");
  EXPECT_EQ(printed.out.str(),
            "clean: looked at 3 rows, 2 blobs, 4 entries (3 open uploads); 0 findings\n");
}

TEST(MaintenancePrinter, machines_get_the_events_as_they_are) {
  auto style = scrub_style();
  style.json = true;
  Printed printed(style);
  const std::string finding = R"({"event":"finding","kind":"later","else":[1,2]})";
  printed.print(R"({"event":"hello","version":"x"})");
  printed.print(finding);
  printed.print(summary("clean", 0, 0));
  EXPECT_EQ(printed.out.str(), finding + "\n" + summary("clean", 0, 0) + "\n");
}

TEST(MaintenancePrinter, nothing_that_is_shown_steers_the_terminal) {
  Printed printed(scrub_style());
  printed.print(R"({"event":"finding","kind":"k","object":"a\u001b[31mb\u009b\n","detail":""})");
  EXPECT_EQ(printed.out.str(), "k a\\x1b[31mb\\xc2\\x9b\\x0a \n");
  EXPECT_EQ(printable("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xff\x7f"), "\\xff\\x7f");
}

TEST(MaintenancePrinter, progress_is_a_line_every_ten_seconds_where_nobody_watches) {
  Printed printed(scrub_style());
  const std::string progress =
      R"({"event":"progress","phase":"rows","rows":7,"blobs":0,"entries":1,"findings":0})";
  for (int second = 0; second < 25; ++second) {
    printed.print(progress);
    printed.clock.advance(1s);
  }
  const std::string line = "rows: 7 rows, 0 blobs, 1 entries, 0 findings\n";
  EXPECT_EQ(printed.err.str(), line + line);
  EXPECT_EQ(printed.out.str(), "");
}

TEST(MaintenancePrinter, a_bar_fits_its_terminal_and_goes_before_anything_else_is_shown) {
  auto style = scrub_style();
  style.terminal_width = 20;
  Printed printed(style);
  const std::string progress =
      R"({"event":"progress","phase":"rows","rows":7,"blobs":0,"entries":1,"findings":0})";
  printed.print(progress);
  printed.print(progress);
  EXPECT_EQ(printed.err.str(), "\rrows: 7 rows, 0 blo\x1b[K")
      << "19 columns, and not twice at once";
  printed.print(summary("clean", 0, 0));
  EXPECT_EQ(printed.err.str(), "\rrows: 7 rows, 0 blo\x1b[K\r\x1b[K");
}

TEST(MaintenancePrinter, what_another_version_sends_is_no_harm) {
  for (const auto* event :
       {"7", "null", "[]", "{}", R"({"event":7})", R"({"event":"new"})",
        R"({"event":"finding","kind":7,"bytes":"x"})", R"({"event":"summary","findings":"x"})"}) {
    Printed printed(scrub_style());
    printed.print(event);
  }
}

TEST(MaintenancePrinter, sizes_and_times_are_short) {
  const std::pair<std::uint64_t, std::string> sizes[] = {{0, "0 bytes"},
                                                         {1023, "1023 bytes"},
                                                         {1024, "1.0 KiB"},
                                                         {1536, "1.5 KiB"},
                                                         {3ULL << 30, "3.0 GiB"},
                                                         {5ULL << 50, "5.0 PiB"},
                                                         {5ULL << 60, "5120.0 PiB"}};
  for (const auto& [bytes, text] : sizes)
    EXPECT_EQ(readable_bytes(bytes), text);
  const std::pair<std::uint64_t, std::string> times[] = {
      {0, "0s"}, {59, "59s"}, {60, "1m"}, {133, "2m 13s"}, {3600, "1h"}, {93'600, "1d 2h"}};
  for (const auto& [seconds, text] : times)
    EXPECT_EQ(readable_seconds(seconds), text);
}

}  // namespace
}  // namespace objectstore
