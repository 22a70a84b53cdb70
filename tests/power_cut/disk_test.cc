#include "power_cut/disk.h"

#include <gmock/gmock.h>

#include <deque>
#include <set>

namespace objectstore::testing {
namespace {

using Kind = DiskCall::Kind;
using Unsynced = PowerCut::Unsynced;

class DiskTest : public ::testing::Test {
 protected:
  void call(Kind kind, const std::string& path, std::uint64_t inode = 0,
            const std::string& bytes = "", const std::string& target = "",
            std::uint64_t offset = 0) {
    DiskCall call;
    call.kind = kind;
    call.path = path;
    call.inode = inode;
    call.bytes = bytes;
    call.target = target;
    call.offset = offset;
    calls_.push_back(std::move(call));
    disk_.apply(calls_.back());
  }
  void create(const std::string& path, std::uint64_t inode, const std::string& bytes) {
    call(Kind::create, path, inode);
    if (!bytes.empty()) call(Kind::write, path, inode, bytes);
  }
  DiskImage after(Unsynced unsynced, std::uint64_t seed = 0) {
    return disk_.after({unsynced, seed});
  }
  // Everything that chance may leave.
  std::set<DiskImage> possible() {
    std::set<DiskImage> images;
    for (std::uint64_t seed = 0; seed < 2000; ++seed)
      images.insert(after(Unsynced::chance, seed));
    return images;
  }

  Disk disk_;
  std::deque<DiskCall> calls_;
};

TEST_F(DiskTest, name_and_content_are_made_durable_apart) {
  create("a", 1, "text");
  EXPECT_EQ(after(Unsynced::lost), DiskImage());
  EXPECT_EQ(after(Unsynced::kept), (DiskImage{{"a", "text"}}));
  call(Kind::sync, "a", 1);
  EXPECT_EQ(after(Unsynced::lost), DiskImage());
  call(Kind::sync_directory, "");
  EXPECT_EQ(after(Unsynced::lost), (DiskImage{{"a", "text"}}));
  create("b", 2, "text");
  call(Kind::sync_directory, "");
  EXPECT_EQ(after(Unsynced::lost), (DiskImage{{"a", "text"}, {"b", ""}}));
}

TEST_F(DiskTest, unsynced_bytes_are_torn_anywhere_but_synced_ones_stay) {
  create("a", 1, "firm");
  call(Kind::sync, "a", 1);
  call(Kind::sync_directory, "");
  call(Kind::write, "a", 1, "123", "", 4);
  std::set<std::string> contents;
  for (const auto& image : possible())
    contents.insert(*image.at("a"));
  EXPECT_THAT(contents, ::testing::IsSupersetOf({"firm", "firm1", "firm12", "firm123"}));
  for (const auto& content : contents)
    EXPECT_EQ(content.substr(0, 4), "firm");
}

TEST_F(DiskTest, a_later_page_may_be_there_without_an_earlier_one) {
  create("a", 1, std::string(3 * 4096, 'x'));
  call(Kind::sync_directory, "");
  const auto hole = std::string(4096, '\0') + std::string(2 * 4096, 'x');
  EXPECT_TRUE(possible().contains(DiskImage{{"a", hole}}));
}

TEST_F(DiskTest, a_removed_name_may_come_back_until_its_directory_is_synced) {
  create("a", 1, "");
  call(Kind::sync_directory, "");
  call(Kind::unlink, "a");
  EXPECT_EQ(possible(), (std::set<DiskImage>{{}, {{"a", ""}}}));
  call(Kind::sync_directory, "");
  EXPECT_EQ(possible(), (std::set<DiskImage>{{}}));
}

TEST_F(DiskTest, what_lies_below_a_lost_directory_is_lost) {
  call(Kind::make_directory, "d");
  create("d/a", 1, "text");
  call(Kind::sync, "d/a", 1);
  call(Kind::sync_directory, "d");
  EXPECT_EQ(after(Unsynced::lost), DiskImage());
  call(Kind::sync_directory, "");
  EXPECT_EQ(after(Unsynced::lost), (DiskImage{{"d", std::nullopt}, {"d/a", "text"}}));
}

TEST_F(DiskTest, a_rename_over_a_file_leaves_one_of_both) {
  create("new", 1, "2");
  create("a", 2, "1");
  call(Kind::sync, "new", 1);
  call(Kind::sync, "a", 2);
  call(Kind::sync_directory, "");
  call(Kind::rename, "new", 0, "", "a");
  EXPECT_EQ(possible(), (std::set<DiskImage>{{{"a", "1"}, {"new", "2"}}, {{"a", "2"}}}));
}

TEST_F(DiskTest, a_file_moved_between_directories_has_one_name_at_least) {
  call(Kind::make_directory, "from");
  call(Kind::make_directory, "to");
  create("from/a", 1, "");
  call(Kind::sync_everything, "");
  call(Kind::rename, "from/a", 0, "", "to/a");
  const DiskImage directories = {{"from", std::nullopt}, {"to", std::nullopt}};
  const auto with = [&](std::initializer_list<const char*> names) {
    auto image = directories;
    for (const auto* name : names)
      image[name] = "";
    return image;
  };
  EXPECT_EQ(possible(),
            (std::set<DiskImage>{with({"from/a"}), with({"to/a"}), with({"from/a", "to/a"})}));
  auto other = disk_;
  call(Kind::sync_directory, "from");
  EXPECT_EQ(possible(), (std::set<DiskImage>{with({"to/a"})}));
  disk_ = other;
  call(Kind::sync_directory, "to");
  EXPECT_EQ(possible(), (std::set<DiskImage>{with({"to/a"}), with({"from/a", "to/a"})}));
}

TEST_F(DiskTest, the_newest_name_may_be_all_that_is_kept) {
  create("a", 1, "text");
  create("b", 2, "text");
  call(Kind::rename, "b", 0, "", "c");
  EXPECT_EQ(after(Unsynced::newest), (DiskImage{{"c", ""}}));
}

TEST_F(DiskTest, calls_take_effect_out_of_order) {
  create("a", 1, "");
  create("b", 2, "");
  EXPECT_EQ(possible(),
            (std::set<DiskImage>{{}, {{"a", ""}}, {{"b", ""}}, {{"a", ""}, {"b", ""}}}));
}

}  // namespace
}  // namespace objectstore::testing
