#include "backends/bigtable/row_mapping.h"

#include <gtest/gtest.h>

#include "backends/bigtable/cell_names.h"
#include "backends/bigtable/stamp_cell.h"
#include "testing/row_values.h"

namespace objectstore::bigtable {

inline void PrintTo(const Cell& cell, std::ostream* out) {
  *out << cell.family << ':' << cell.qualifier << '@' << cell.time_us << '=' << cell.value;
}

namespace {

using testing::redirect_state;
using testing::revision_of;
using testing::some_ms;
using testing::stamp_of;
using testing::uuid_of;

const std::string key = "u/org.1/objects/k";
const WallTime deadline = from_unix_ms(some_ms);
constexpr std::int64_t deadline_cell = 1'750'000'000'000'000;
const std::string ttl_json = R"({"expiration_policy":{"TimeToLive":{"secs":3600,"nanos":0}}})";

using Cells = std::vector<Cell>;

bool operator_equal(const Cell& a, const Cell& b) {
  return a.family == b.family && a.qualifier == b.qualifier && a.time_us == b.time_us &&
         a.value == b.value;
}

void expect_cells(const Cells& actual, const Cells& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_TRUE(operator_equal(actual[i], expected[i]))
        << ::testing::PrintToString(actual[i]) << "\nexpected\n"
        << ::testing::PrintToString(expected[i]);
  }
}

Result<DecodedRow> decode(Cells cells, RowPart part = RowPart::everything,
                          WallTime now = deadline - std::chrono::hours(1)) {
  return decode_row(TableRow{key, std::move(cells)}, part, now);
}

RowState state_of(Cells cells, RowPart part = RowPart::everything,
                  WallTime now = deadline - std::chrono::hours(1)) {
  auto decoded = decode(std::move(cells), part, now);
  EXPECT_TRUE(decoded.ok()) << decoded.error().describe();
  return decoded.ok() ? std::move(decoded->cells.state) : RowState();
}

Stamp golden_stamp() {
  return Stamp{258, *Uuid::parse("0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77")};
}
const std::string golden_stamp_text = "0000000000000102.0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77";

TEST(StampCell, texts_sort_as_stamps_do) {
  EXPECT_EQ(encode_stamp(golden_stamp()), golden_stamp_text);
  const Stamp ascending[] = {Stamp{},        stamp_of(1, 9),        stamp_of(2, 1),
                             stamp_of(2, 2), stamp_of(1ULL << 52U), Stamp{UINT64_MAX, uuid_of(1)}};
  for (std::size_t i = 0; i < std::size(ascending); ++i) {
    EXPECT_EQ(decode_stamp(encode_stamp(ascending[i])), ascending[i]);
    if (i > 0) {
      EXPECT_LT(encode_stamp(ascending[i - 1]), encode_stamp(ascending[i]));
    }
  }
}

TEST(StampCell, other_texts_are_no_stamps) {
  const std::string id = ".0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77";
  for (const auto& text : {
           std::string(),
           std::string("0000000000000102"),
           "000000000000102" + id,
           "000000000000010G" + id,
           "000000000000010A" + id,
           "+000000000000102" + id,
           "00000000000000102" + id,
           golden_stamp_text + "0",
           std::string("0000000000000102.0196523C-7B2A-7D3E-9C51-0D2F6A1B4E77"),
       }) {
    EXPECT_FALSE(decode_stamp(text).has_value()) << text;
  }
}

// The example of docs/formats/bigtable-rows.md.
TEST(RowMapping, golden_rows) {
  const Cell stamp{"fi", "s", -1, golden_stamp_text};
  InlineRow kept;
  kept.metadata.content_type = "text/plain";
  kept.payload = SharedBytes(std::string("hello"));
  const std::string write = R"({"write":"0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77",)";
  expect_cells(cells_of(kept, golden_stamp(), ExpiringRedirects::kept),
               {Cell{"fm", "p", -1, "hello"},
                Cell{"fm", "m", -1, write + R"("content_type":"text/plain","size":5})"}, stamp});

  InlineRow expiring = kept;
  expiring.metadata.expiration = ExpirationPolicy::parse("ttl:1h").value();
  expiring.metadata.time_expires = deadline + std::chrono::microseconds(999);
  expect_cells(cells_of(expiring, golden_stamp(), ExpiringRedirects::kept),
               {Cell{"fg", "p", deadline_cell, "hello"},
                Cell{"fg", "m", deadline_cell,
                     write + ttl_json.substr(1, ttl_json.size() - 2) +
                         R"(,"time_expires":{"secs_since_epoch":1750000000,)"
                         R"("nanos_since_epoch":999000},"content_type":"text/plain","size":5})"},
                stamp});

  expect_cells(cells_of(AbsentRow{}, golden_stamp(), ExpiringRedirects::kept), {stamp});

  const RedirectRow manual{revision_of(key, 1), ExpirationPolicy(), std::nullopt};
  const auto path = revision_of(key, 1).path();
  expect_cells(cells_of(manual, golden_stamp(), ExpiringRedirects::collected),
               {Cell{"fm", "r", -1, path}, Cell{"fm", "t", -1, "{}"}, stamp});
  const auto until = redirect_state(key, 1, deadline);
  expect_cells(
      cells_of(until, golden_stamp(), ExpiringRedirects::collected),
      {Cell{"fg", "r", deadline_cell, path}, Cell{"fg", "t", deadline_cell, ttl_json}, stamp});
  expect_cells(
      cells_of(until, golden_stamp(), ExpiringRedirects::kept),
      {Cell{"fm", "r", deadline_cell, path}, Cell{"fm", "t", deadline_cell, ttl_json}, stamp});
}

TEST(RowMapping, a_redirect_with_a_policy_but_no_deadline_never_expires) {
  const RedirectRow redirect{revision_of(key, 1), ExpirationPolicy::parse("ttl:1h").value(),
                             std::nullopt};
  auto cells = redirect_cells(redirect, ExpiringRedirects::kept);
  const auto state = state_of(std::move(cells));
  EXPECT_GT(*deadline_of(state), from_unix_ms(9'000'000'000'000));
}

TEST(RowMapping, redirects_in_every_form_are_read) {
  const auto own = Revision::unnumbered(key);
  const auto manual = ExpirationPolicy();
  const auto ttl = ExpirationPolicy::parse("ttl:1h").value();
  const auto legacy_ttl = R"({"is_redirect_tombstone":true,)" + ttl_json.substr(1);
  struct Case {
    const char* name;
    Cells cells;
    RedirectRow redirect;
    RedirectForm form;
  };
  const Case cases[] = {
      {"manual",
       {{"fm", "r", 5000, revision_of(key, 1).path()}, {"fm", "t", 5000, "{}"}},
       {revision_of(key, 1), manual, std::nullopt},
       RedirectForm::current},
      {"the table collects it",
       {{"fg", "r", deadline_cell, revision_of(key, 1).path()},
        {"fg", "t", deadline_cell, ttl_json}},
       {revision_of(key, 1), ttl, deadline},
       RedirectForm::current},
      {"a sweep finds it",
       {{"fm", "r", deadline_cell, revision_of(key, 1).path()},
        {"fm", "t", deadline_cell - 1000, ttl_json}},
       {revision_of(key, 1), ttl, deadline},
       RedirectForm::current},
      {"its policy is collected",
       {{"fg", "r", deadline_cell, revision_of(key, 1).path()}},
       {revision_of(key, 1), {ExpirationKind::time_to_live, {}}, deadline},
       RedirectForm::current},
      {"its own path",
       {{"fm", "r", 5000, key}, {"fm", "t", 5000, "{}"}},
       {own, manual, std::nullopt},
       RedirectForm::current},
      {"empty",
       {{"fm", "r", 5000, ""}, {"fm", "t", 5000, "{}"}},
       {own, manual, std::nullopt},
       RedirectForm::empty_target},
      {"empty, without a policy",
       {{"fm", "r", 5000, ""}},
       {own, manual, std::nullopt},
       RedirectForm::empty_target},
      {"empty, with a deadline",
       {{"fg", "r", deadline_cell, ""}, {"fg", "t", deadline_cell, ttl_json}},
       {own, ttl, deadline},
       RedirectForm::empty_target},
      {"in the metadata",
       {{"fm", "m", 5000, R"({"is_redirect_tombstone":true})"}, {"fm", "p", 5000, ""}},
       {own, manual, std::nullopt},
       RedirectForm::in_metadata},
      {"in the metadata, without a payload",
       {{"fm", "m", 5000, R"({"is_redirect_tombstone":true,"content_type":"a/b"})"}},
       {own, manual, std::nullopt},
       RedirectForm::in_metadata},
      {"in the metadata, with a deadline",
       {{"fg", "m", deadline_cell, legacy_ttl}},
       {own, ttl, deadline},
       RedirectForm::in_metadata},
      {"beside a payload, whatever it means",
       {{"fm", "p", 5000, "x"}, {"fm", "r", 5000, revision_of(key, 1).path()}},
       {revision_of(key, 1), manual, std::nullopt},
       RedirectForm::current},
  };
  for (const auto& [name, cells, redirect, form] : cases) {
    for (const auto part : {RowPart::everything, RowPart::metadata}) {
      const auto decoded = decode(cells, part);
      ASSERT_TRUE(decoded.ok()) << name << decoded.error().describe();
      EXPECT_EQ(decoded->cells.state, RowState(redirect)) << name;
      EXPECT_EQ(decoded->redirect_form, form) << name;
    }
  }
}

TEST(RowMapping, the_own_path_wins_over_a_revisions_form) {
  const std::string uuid_key = "u/objects/0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77";
  const auto decoded =
      decode_row(TableRow{uuid_key, {{"fm", "r", 5000, uuid_key}}}, RowPart::everything, deadline);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<RedirectRow>(decoded->cells.state).target, Revision::unnumbered(uuid_key));
}

TEST(RowMapping, objects_of_other_writers_are_read) {
  // No metadata at all.
  auto value = std::get<InlineRow>(state_of({{"fm", "p", 5000, "bytes"}}));
  EXPECT_EQ(value.payload.view(), "bytes");
  Metadata defaults;
  defaults.size = 5;
  EXPECT_EQ(value.metadata, defaults);
  // No size; a deadline in the JSON counts for nothing, the cell's time does.
  const std::string metadata =
      R"({"time_expires":{"secs_since_epoch":1,"nanos_since_epoch":0},"content_type":"a/b"})";
  value = std::get<InlineRow>(state_of({{"fm", "m", 5000, metadata}, {"fm", "p", 5000, "bytes"}}));
  EXPECT_EQ(value.metadata.time_expires, std::nullopt);
  EXPECT_EQ(value.metadata.size, 5U);
  value = std::get<InlineRow>(
      state_of({{"fg", "m", deadline_cell, metadata}, {"fg", "p", deadline_cell, "bytes"}}));
  EXPECT_EQ(value.metadata.time_expires, deadline);
  value = std::get<InlineRow>(
      state_of({{"fg", "m", INT64_MAX - 807, metadata}, {"fg", "p", INT64_MAX - 807, ""}}));
  EXPECT_EQ(value.metadata.time_expires, WallTime::max());
  // Metadata reads know no more than the metadata says.
  value = std::get<InlineRow>(state_of({{"fm", "m", 5000, metadata}}, RowPart::metadata));
  EXPECT_EQ(value.metadata.size, std::nullopt);
}

TEST(RowMapping, what_the_table_has_not_collected_yet_of_an_expired_row_is_absent) {
  const auto later = deadline + std::chrono::seconds(2);
  const std::string metadata = R"({"content_type":"a/b","size":5})";
  const Cells rests[] = {
      {{"fg", "p", deadline_cell, "bytes"}},
      {{"fg", "m", deadline_cell, metadata}},
      {{"fg", "t", deadline_cell, ttl_json}},
  };
  for (const auto& rest : rests)
    EXPECT_EQ(state_of(rest, RowPart::everything, later), RowState(AbsentRow{}));
  // Whole, it is what it is; and before its deadline nothing may be missing.
  EXPECT_EQ(testing::text_of(state_of(
                {{"fg", "m", deadline_cell, metadata}, {"fg", "p", deadline_cell, "bytes"}},
                RowPart::everything, later)),
            "inline bytes");
  EXPECT_FALSE(decode({{"fg", "m", deadline_cell, metadata}}).ok());
}

TEST(RowMapping, corrupt_cells_name_the_row_and_what_is_wrong) {
  struct Case {
    const char* why;
    Cells cells;
  };
  const std::string path = revision_of(key, 1).path();
  const Case cases[] = {
      {"corrupt redirect path", {{"fm", "r", 5000, "no path"}}},
      {"corrupt redirect path", {{"fm", "r", 5000, path + "0"}}},
      {"corrupt redirect path", {{"fm", "r", 5000, revision_of("u/objects/other", 1).path()}}},
      {"corrupt redirect policy", {{"fm", "r", 5000, path}, {"fm", "t", 5000, "{"}}},
      {"corrupt redirect policy",
       {{"fm", "r", 5000, path}, {"fm", "t", 5000, R"({"expiration_policy":7})"}}},
      {"corrupt redirect policy", {{"fm", "m", 5000, R"({"is_redirect_tombstone":true,)"}}},
      {"corrupt metadata", {{"fm", "m", 5000, "not JSON"}, {"fm", "p", 5000, ""}}},
      {"payload has 5 bytes, its metadata says 6",
       {{"fm", "m", 5000, R"({"size":6})"}, {"fm", "p", 5000, "bytes"}}},
      {"payload has 0 bytes, its metadata says 6", {{"fm", "m", 5000, R"({"size":6})"}}},
      {"two families", {{"fg", "p", deadline_cell, "x"}, {"fm", "r", 5000, path}}},
      {"a redirect's policy without the redirect", {{"fm", "t", 5000, "{}"}}},
      {"its stamp is none", {{"fi", "s", 5000, "258"}}},
  };
  for (const auto& [why, cells] : cases) {
    const auto decoded = decode(cells);
    ASSERT_FALSE(decoded.ok()) << why;
    EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt);
    EXPECT_NE(decoded.error().message().find(why), std::string::npos) << decoded.error().describe();
    EXPECT_NE(decoded.error().message().find(key), std::string::npos);
  }
  const auto odd = decode_row(TableRow{"u/objects/\n\xc3\xa4\\", {{"fm", "t", 1000, "{}"}}},
                              RowPart::everything, deadline);
  EXPECT_NE(odd.error().message().find(R"(u/objects/\x0a\xc3\xa4\x5c)"), std::string::npos);
}

TEST(RowMapping, of_stamps_and_intents_the_newest_version_counts) {
  const auto open = uuid_of(1).str();
  const auto fenced = uuid_of(2).str();
  const auto decoded = decode({{"fi", open, 7000, "open"},
                               {"fi", fenced, 8000, "fenced"},
                               {"fi", fenced, 7000, "open"},
                               {"fi", "of a later version", 7000, "?"},
                               {"fi", "s", 9000, golden_stamp_text},
                               {"fi", "s", 8000, encode_stamp(stamp_of(1))},
                               {"fx", "other", 1000, "?"},
                               {"fm", "x", 1000, "?"}});
  ASSERT_TRUE(decoded.ok());
  RowCells expected;
  expected.stamp = golden_stamp();
  expected.stamp_written_ms = 9;
  expected.intents[uuid_of(1)] = IntentCell{7, true};
  expected.intents[uuid_of(2)] = IntentCell{8, false};
  EXPECT_EQ(decoded->cells, expected);
}

TEST(CellTime, times_are_cut_and_kept_in_bounds) {
  EXPECT_EQ(cell_time(deadline + std::chrono::nanoseconds(999'999)), deadline_cell);
  EXPECT_EQ(cell_time(WallTime(std::chrono::hours(-1))), 0);
  EXPECT_EQ(wall_time(deadline_cell), deadline);
  EXPECT_EQ(wall_time(-1), WallTime());
  EXPECT_EQ(wall_time(INT64_MAX), WallTime::max());
  EXPECT_TRUE(is_cell_time(deadline));
  EXPECT_FALSE(is_cell_time(deadline + std::chrono::nanoseconds(1)));
  EXPECT_FALSE(is_cell_time(WallTime::max()));
  EXPECT_EQ(cell_ms(cell_time_of_ms(UINT64_MAX)), last_cell_ms);
  EXPECT_EQ(cell_time_of_ms(UINT64_MAX) % cell_time_step, 0);
}

}  // namespace
}  // namespace objectstore::bigtable
