#include "backends/rocksdb/log_tail.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "backends/rocksdb/test_support.h"

namespace objectstore::testing {
namespace {

using Kind = LogTail::Kind;
using Outcome = Mutation::Outcome;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::string key_of(int i) {
  return "u/objects/" + std::to_string(i);
}

// The log of a database with one record for each payload, as a process killed leaves it.
class LogTailTest : public ::testing::Test {
 protected:
  void write_records(const std::vector<std::size_t>& payloads) {
    RocksDbParts parts(directory_.path() / "rows", clock_);
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      starts_.push_back(std::filesystem::file_size(log_files(directory_.path() / "rows").back()));
      const auto payload = std::string(payloads[i], static_cast<char>('a' + i));
      ASSERT_EQ(parts.write(key_of(static_cast<int>(i)), inline_state(payload), stamp_of(1)),
                Outcome::applied);
    }
    copy_as_after_a_crash(directory_.path() / "rows", copy_);
    log_ = log_files(copy_).back();
    bytes_ = read_file(log_);
  }
  Result<std::unique_ptr<Database>> open() {
    return Database::open(copy_, clock_, logger_, DatabaseSettings());
  }
  void expect_rows(std::size_t count, bool last_is_there) {
    RocksDbParts parts(copy_, clock_);
    for (std::size_t i = 0; i < count; ++i) {
      const auto there = i + 1 < count || last_is_there;
      EXPECT_EQ(parts.state(key_of(static_cast<int>(i))) != "absent", there) << i;
    }
    EXPECT_EQ(parts.write("u/objects/more", inline_state("more"), stamp_of(++opens_)),
              Outcome::applied);
  }
  std::string with_hole(std::size_t offset, std::size_t size) const {
    auto bytes = bytes_;
    bytes.replace(offset, size, size, '\0');
    return bytes;
  }

  ScratchDirectory directory_;
  ManualClock clock_;
  RecordingLogger logger_;
  std::filesystem::path copy_ = directory_.path() / "copy";
  std::filesystem::path log_;
  std::string bytes_;
  std::uint64_t opens_ = 0;
  std::vector<std::size_t> starts_;  // of the records in `bytes_`
};

TEST_F(LogTailTest, a_whole_log_is_sound_and_so_are_zeros_behind_it) {
  write_records({10, 100'000, 10, 40'000});
  for (const auto& bytes : {bytes_, bytes_ + std::string(100'000, '\0')}) {
    const auto tail = inspect_log(bytes);
    EXPECT_EQ(tail.kind, Kind::sound);
    EXPECT_TRUE(tail.holds_writes);
  }
  const auto empty = inspect_log("");
  EXPECT_EQ(empty.kind, Kind::sound);
  EXPECT_FALSE(empty.holds_writes);
  EXPECT_EQ(inspect_log(std::string(100'000, '\0')).kind, Kind::sound);
}

TEST_F(LogTailTest, every_cut_in_the_last_record_is_torn_where_it_begins) {
  write_records({10, 70'000});
  for (auto size = starts_[1] + 1; size < bytes_.size(); size += 501) {
    for (const auto& bytes : {bytes_.substr(0, size), with_hole(size, bytes_.size() - size)}) {
      const auto tail = inspect_log(bytes);
      ASSERT_EQ(tail.kind, Kind::torn) << size;
      ASSERT_EQ(tail.offset, starts_[1]) << size;
      ASSERT_TRUE(tail.holds_writes);
    }
  }
}

TEST_F(LogTailTest, every_flipped_bit_is_found) {
  write_records({100, 40'000, 100});
  for (std::size_t i = 0; i < bytes_.size(); i += i < starts_[1] + 100 ? 1 : 97) {
    auto bytes = bytes_;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    const auto tail = inspect_log(bytes);
    ASSERT_EQ(tail.kind, i < starts_[2] ? Kind::damaged : Kind::torn) << i;
    const auto behind = std::upper_bound(starts_.begin(), starts_.end(), i);
    ASSERT_EQ(tail.offset, behind == starts_.begin() ? 0 : *std::prev(behind)) << i;
  }
}

struct Hole {
  std::size_t payload;
  std::size_t from_end;
};

class TornBatch : public LogTailTest, public ::testing::WithParamInterface<Hole> {};

// The page that never reached the disk is whole in the file, not in the record.
TEST_P(TornBatch, is_left_out_and_all_before_it_is_kept) {
  ASSERT_NO_FATAL_FAILURE(write_records({10, 50'000, 300, GetParam().payload}));
  write_file(log_, with_hole(bytes_.size() - GetParam().from_end, 4096));
  {
    const auto opened = open();
    ASSERT_TRUE(opened.ok()) << opened.error().describe();
  }
  EXPECT_EQ(logger_.count("is torn and is left out"), 1U);
  EXPECT_EQ(logger_.count(log_.string()), 1U);
  expect_rows(4, false);
  expect_rows(4, false);  // and opens as ever afterwards
  EXPECT_EQ(logger_.count("is torn and is left out"), 1U);
}

INSTANTIATE_TEST_SUITE_P(Pages, TornBatch,
                         ::testing::Values(Hole{10'000, 8'000}, Hole{10'000, 4'096},
                                           Hole{200'000, 200'000}, Hole{200'000, 100'000},
                                           Hole{200'000, 5'000}),
                         [](const auto& test) {
                           return std::to_string(test.param.payload) + "_" +
                                  std::to_string(test.param.from_end);
                         });

TEST_F(LogTailTest, damage_before_acknowledged_writes_is_refused_with_instructions) {
  ASSERT_NO_FATAL_FAILURE(write_records({10, 50'000, 300, 10'000, 200'000, 10}));
  for (const auto i : {1U, 2U, 3U, 4U}) {
    auto bytes = bytes_;
    bytes[starts_[i] + 100] ^= 1;
    write_file(log_, bytes);
    const auto opened = open();
    ASSERT_FALSE(opened.ok()) << i;
    EXPECT_EQ(opened.error().code(), ErrorCode::corrupt);
    const auto text = opened.error().describe();
    for (const auto& part : {log_.string(), "at byte " + std::to_string(starts_[i]),
                             std::string("acknowledged writes"), std::string("backup")}) {
      EXPECT_NE(text.find(part), std::string::npos) << text;
    }
    EXPECT_EQ(read_file(log_), bytes) << "left as it is";
  }
  EXPECT_EQ(logger_.count("left out"), 0U);
  std::filesystem::rename(log_, directory_.path() / "aside");
  const auto opened = open();
  EXPECT_TRUE(opened.ok()) << opened.error().describe();
}

// RocksDB takes zeros for unused space and passes over the records behind them.
TEST_F(LogTailTest, zeros_over_the_head_of_an_acknowledged_record_do_not_pass_silently) {
  ASSERT_NO_FATAL_FAILURE(write_records({10, 300, 10, 10}));
  write_file(log_, with_hole(starts_[1], 16));
  const auto opened = open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::corrupt);
  EXPECT_NE(opened.error().describe().find("acknowledged writes"), std::string::npos);
}

TEST_F(LogTailTest, a_torn_log_before_one_with_writes_is_damage) {
  ASSERT_NO_FATAL_FAILURE(write_records({10, 10'000}));
  write_file(log_, with_hole(bytes_.size() - 8'000, 4096));
  const auto later = copy_ / "1000000.log";
  write_file(later, std::string());
  auto torn = find_torn_log(copy_);
  ASSERT_TRUE(torn.ok()) << torn.error().describe();
  ASSERT_TRUE(torn->has_value()) << "a process was killed that had opened it so";
  EXPECT_EQ((*torn)->path, log_);
  EXPECT_EQ((*torn)->offset, starts_[1]);
  write_file(later, bytes_);
  torn = find_torn_log(copy_);
  ASSERT_FALSE(torn.ok());
  EXPECT_EQ(torn.error().code(), ErrorCode::corrupt);
  EXPECT_NE(torn.error().message().find(log_.string()), std::string::npos);
}

TEST_F(LogTailTest, sound_logs_explain_nothing) {
  ASSERT_NO_FATAL_FAILURE(write_records({10}));
  const auto torn = find_torn_log(copy_);
  ASSERT_TRUE(torn.ok());
  EXPECT_FALSE(torn->has_value());
  write_file(copy_ / "CURRENT", "MANIFEST-999999\n");
  const auto opened = open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(logger_.count("left out"), 0U);
}

}  // namespace
}  // namespace objectstore::testing
