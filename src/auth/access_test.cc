#include "auth/access.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

constexpr auto reading = Permission::object_read;
constexpr auto writing = Permission::object_write;
constexpr auto deleting = Permission::object_delete;

ObjectId object(std::string usecase, std::vector<Scope> scopes) {
  return ObjectId{std::move(usecase), Scopes(std::move(scopes)), "key"};
}

// Of the contract's vector V3.
Access some_token() {
  auto grant = std::make_shared<TokenGrant>();
  grant->usecase = "attachments";
  grant->scopes = {{"org", "17"}, {"project", "*"}};
  grant->permissions = {reading, writing};
  return Access::granted(std::move(grant));
}

TEST(Access, a_token_covers_what_its_claims_name) {
  struct Case {
    std::string what;
    Permission permission;
    ObjectId id;
    bool allowed;
  };
  const Case cases[] = {
      {"read", reading, object("attachments", {{"org", "17"}, {"project", "42"}}), true},
      {"write", writing, object("attachments", {{"org", "17"}, {"project", "42"}}), true},
      {"permission not granted", deleting, object("attachments", {{"org", "17"}}), false},
      {"any value of a wildcard", reading,
       object("attachments", {{"org", "17"}, {"project", "other"}}), true},
      {"fewer scopes", reading, object("attachments", {{"org", "17"}}), true},
      {"no scopes", reading, object("attachments", {}), true},
      {"another order", reading, object("attachments", {{"project", "1"}, {"org", "17"}}), true},
      {"the same scope twice", reading, object("attachments", {{"org", "17"}, {"org", "17"}}),
       true},
      {"twice with another value", reading, object("attachments", {{"org", "17"}, {"org", "18"}}),
       false},
      {"another value", reading, object("attachments", {{"org", "18"}}), false},
      {"a prefix of the value", reading, object("attachments", {{"org", "1"}}), false},
      {"a scope that is not named", reading, object("attachments", {{"org", "17"}, {"team", "1"}}),
       false},
      {"a name in other letters", reading, object("attachments", {{"Org", "17"}}), false},
      {"a value that is a star", reading, object("attachments", {{"org", "*"}}), false},
      {"another usecase", reading, object("profiles", {{"org", "17"}}), false},
      {"usecase in other letters", reading, object("Attachments", {{"org", "17"}}), false},
      {"usecase as a scope", reading, object("attachments", {{"os:usecase", "attachments"}}),
       false},
  };
  for (const auto& row : cases)
    EXPECT_EQ(some_token().allows(row.permission, row.id), row.allowed) << row.what;
}

TEST(Access, a_usecase_has_no_wildcard) {
  auto grant = std::make_shared<TokenGrant>();
  grant->usecase = "*";
  grant->permissions = {reading};
  const auto access = Access::granted(std::move(grant));
  EXPECT_FALSE(access.allows(reading, object("attachments", {})));
  EXPECT_TRUE(access.allows(reading, object("*", {})));
}

TEST(Access, a_signed_url_reads_anything) {
  const auto id = object("any", {{"org", "1"}});
  EXPECT_TRUE(Access::presigned().allows(reading, id));
  EXPECT_FALSE(Access::presigned().allows(writing, id));
  EXPECT_FALSE(Access::presigned().allows(deleting, id));
}

TEST(Access, full_access_is_all_of_it) {
  for (const auto permission : {reading, writing, deleting})
    EXPECT_TRUE(Access::full().allows(permission, object("any", {{"org", "1"}})));
}

}  // namespace
}  // namespace objectstore
