#include "cloud/spool_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "testing/run.h"
#include "testing/scratch_directory.h"

namespace objectstore {
namespace {

class SpoolFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<SpoolFile> make() {
    auto made = testing::run(SpoolFile::create(pool, scratch.path().string()));
    EXPECT_TRUE(made.ok()) << made.error().describe();
    return *std::move(made);
  }
  [[nodiscard]] static bool append(SpoolFile& file, std::string_view bytes) {
    return testing::run(file.append(bytes)).ok();
  }
  // All that is left of it; the number of pieces in `pieces`.
  [[nodiscard]] static std::string drain(ByteStream& stream, std::size_t* pieces = nullptr) {
    std::string all;
    for (;;) {
      const auto piece = testing::run(stream.next());
      EXPECT_TRUE(piece.ok());
      if (!piece.ok() || piece->empty()) return all;
      if (pieces != nullptr) ++*pieces;
      all += *piece;
    }
  }

  testing::ScratchDirectory scratch;
  InlinePool pool;
};

std::string long_text() {
  std::string text;
  for (int i = 0; text.size() < 600 << 10; ++i)
    text += std::to_string(i);
  return text;
}

TEST_F(SpoolFileTest, what_is_appended_is_read_from_any_offset_any_number_of_times) {
  const auto file = make();
  const auto text = long_text();
  EXPECT_EQ(file->size(), 0U);
  EXPECT_EQ(drain(*file->open()), "");
  for (std::size_t at = 0; at < text.size(); at += 70'000)
    ASSERT_TRUE(append(*file, std::string_view(text).substr(at, 70'000)));
  EXPECT_EQ(file->size(), text.size());
  for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, std::size_t{262'144},
                                   std::size_t{300'000}, text.size() - 1, text.size()}) {
    EXPECT_EQ(drain(*file->open_from(offset)), text.substr(offset)) << offset;
  }
  std::size_t pieces = 0;
  EXPECT_EQ(drain(*file->open(), &pieces), text);
  EXPECT_EQ(pieces, 3U);
}

TEST_F(SpoolFileTest, streams_do_not_disturb_each_other_nor_see_what_comes_later) {
  const auto file = make();
  const auto text = long_text();
  ASSERT_TRUE(append(*file, text));
  const auto first = file->open();
  const auto second = file->open();
  const auto begin = std::string(*testing::run(first->next()));
  EXPECT_EQ(drain(*second), text);
  ASSERT_TRUE(append(*file, "more"));
  EXPECT_EQ(begin + drain(*first), text);
  EXPECT_EQ(testing::run(first->next())->size(), 0U);
  EXPECT_EQ(drain(*file->open_from(text.size())), "more");
}

TEST_F(SpoolFileTest, a_stream_outlives_its_file) {
  auto file = make();
  ASSERT_TRUE(append(*file, "kept"));
  const auto stream = file->open();
  file.reset();
  EXPECT_EQ(drain(*stream), "kept");
}

TEST_F(SpoolFileTest, a_cleared_file_begins_again) {
  const auto file = make();
  ASSERT_TRUE(append(*file, "first part"));
  EXPECT_TRUE(testing::run(file->clear()).ok());
  EXPECT_EQ(file->size(), 0U);
  ASSERT_TRUE(append(*file, "2nd"));
  EXPECT_EQ(drain(*file->open()), "2nd");
}

TEST_F(SpoolFileTest, it_has_no_name) {
  const auto file = make();
  ASSERT_TRUE(append(*file, "x"));
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

TEST_F(SpoolFileTest, a_directory_that_is_missing_is_named) {
  const auto directory = (scratch.path() / "absent").string();
  const auto made = testing::run(SpoolFile::create(pool, directory));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code(), ErrorCode::io);
  EXPECT_NE(made.error().message().find(directory), std::string::npos);
}

// Files of this process are bounded, as a full disk bounds them.
TEST_F(SpoolFileTest, where_there_is_no_space_the_file_stays_as_it_was) {
  const auto file = make();
  ASSERT_TRUE(append(*file, std::string(1000, 'a')));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit bounded = before;
  bounded.rlim_cur = 1500;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &bounded), 0);
  const auto refused = testing::run(file->append(std::string(1000, 'b')));
  const bool small_one_fits = append(*file, "c");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::out_of_space);
  EXPECT_NE(refused.error().message().find(scratch.path().string()), std::string::npos);
  EXPECT_TRUE(small_one_fits);
  EXPECT_EQ(drain(*file->open()), std::string(1000, 'a') + "c");
}

}  // namespace
}  // namespace objectstore
