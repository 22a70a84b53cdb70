#include "auth/key_directory.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "auth/test_support.h"
#include "testing/scratch_directory.h"
#include "testing/test_keys.h"

namespace objectstore {
namespace {

using ::testing::HasSubstr;
using testing::Signer;

class KeyDirectoryTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view text) {
    const auto path = directory_.path() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  static AuthConfig config_of(std::vector<std::string> files,
                              std::vector<Permission> permissions = {}) {
    AuthConfig config;
    config.keys["relay"] = AuthKey{std::move(files), std::move(permissions)};
    return config;
  }

  testing::ScratchDirectory directory_;
};

TEST_F(KeyDirectoryTest, all_versions_of_a_key_verify_and_no_other) {
  const Signer fresh('n');
  const Signer old('o');
  const auto config =
      config_of({write("new.pem", fresh.public_pem()), write("old.pem", old.public_pem())},
                {Permission::object_read, Permission::object_write});
  const auto rings = load_key_rings(config);
  ASSERT_TRUE(rings.ok()) << rings.error().describe();
  const auto& ring = rings->at("relay");
  EXPECT_TRUE(ring.verifies("text", fresh.sign("text")));
  EXPECT_TRUE(ring.verifies("text", old.sign("text")));
  EXPECT_FALSE(ring.verifies("text", Signer('x').sign("text")));
  EXPECT_EQ(ring.max_permissions, (Permissions{Permission::object_read, Permission::object_write}));
}

TEST_F(KeyDirectoryTest, no_files_and_no_permissions_are_a_key_that_can_nothing) {
  const auto rings = load_key_rings(config_of({}));
  ASSERT_TRUE(rings.ok());
  EXPECT_FALSE(rings->at("relay").verifies("text", Signer('a').sign("text")));
  EXPECT_EQ(rings->at("relay").max_permissions, Permissions());
}

TEST_F(KeyDirectoryTest, errors_name_key_id_file_and_cause) {
  const auto good = write("good.pem", testing::vector_public_pem);
  const auto rsa = testing::make_test_key(testing::KeyKind::rsa).public_pem;
  std::filesystem::create_directory(directory_.path() / "folder");
  struct Case {
    std::string path;
    std::string step;
    std::string cause;
  };
  const Case cases[] = {
      {directory_.path() / "absent.pem", "reading key from ", "no such file"},
      {directory_.path() / "folder", "reading key from ", "Is a directory"},
      {write("private.pem", testing::vector_private_pem), "parsing decoding key from ",
       "a private key"},
      {write("rsa.pem", rsa), "parsing decoding key from ", "not an Ed25519 key"},
      {write("empty.pem", ""), "parsing decoding key from ", "no PEM block"},
  };
  for (const auto& bad : cases) {
    const auto rings = load_key_rings(config_of({good, bad.path}));
    ASSERT_FALSE(rings.ok()) << bad.path;
    const auto text = rings.error().describe();
    EXPECT_THAT(text, HasSubstr("auth.keys.relay"));
    EXPECT_THAT(text, HasSubstr(bad.step + bad.path));
    EXPECT_THAT(text, HasSubstr(bad.cause));
  }
}

TEST_F(KeyDirectoryTest, a_replacement_is_another_edition_and_leaves_the_old_to_its_users) {
  KeyDirectory directory(testing::vector_rings());
  const auto before = directory.current();
  EXPECT_EQ(directory.current()->number, before->number);
  KeyRings rings;
  rings["other"] = {{Signer('a').public_key()}, {}};
  directory.replace(std::move(rings));
  const auto after = directory.current();
  EXPECT_NE(after->number, before->number);
  EXPECT_TRUE(after->rings.contains("other"));
  EXPECT_FALSE(after->rings.contains("relay"));
  EXPECT_TRUE(before->rings.contains("relay"));
}

}  // namespace
}  // namespace objectstore
