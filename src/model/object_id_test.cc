#include "model/object_id.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace objectstore {
namespace {

using namespace std::literals;

constexpr std::string_view uuid = "0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77";
constexpr std::string_view scope_alphabet =
    "ABCXYZabcxyz0189_-()$!+'";  // every class of the grammar

TEST(Scopes, accepted_segments) {
  const std::pair<std::string_view, std::vector<Scope>> cases[] = {
      {"_", {}},
      {"org=17", {{"org", "17"}}},
      {"org=17;project=42", {{"org", "17"}, {"project", "42"}}},
      {"project=42;org=17", {{"project", "42"}, {"org", "17"}}},
      {"a=1;a=2", {{"a", "1"}, {"a", "2"}}},
      {"_=_", {{"_", "_"}}},
      {"A-z0_()$!+'=A-z0_()$!+'", {{"A-z0_()$!+'", "A-z0_()$!+'"}}},
  };
  for (const auto& [segment, expected] : cases) {
    const auto scopes = Scopes::parse(segment);
    ASSERT_TRUE(scopes.ok()) << segment;
    EXPECT_EQ(scopes->list(), expected) << segment;
  }
}

TEST(Scopes, refused_segments) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "scope must be 'key=value'"},
      {"org", "scope must be 'key=value'"},
      {"__", "scope must be 'key=value'"},
      {"_;a=1", "scope must be 'key=value'"},
      {"a=1;", "scope must be 'key=value'"},
      {";a=1", "scope must be 'key=value'"},
      {"a=1;;b=2", "scope must be 'key=value'"},
      {"=1", "key and value must be non-empty"},
      {"a=", "key and value must be non-empty"},
      {"=", "key and value must be non-empty"},
      {"a=b=c", "invalid character '='"},
      {"a.b=1", "invalid character '.'"},
      {"a=1/2", "invalid character '/'"},
      {"a b=1", "invalid character ' '"},
      {"a=\xc3\xa9t", "invalid character '\xc3\xa9'"},
      {"a=\xf0\x9f\x98\x80", "invalid character '\xf0\x9f\x98\x80'"},
      {"a=1;b=\0"sv, "invalid character '\0'"sv},
  };
  for (const auto& [segment, message] : cases) {
    const auto scopes = Scopes::parse(segment);
    ASSERT_FALSE(scopes.ok()) << segment;
    EXPECT_EQ(scopes.error(), Error(ErrorCode::invalid_argument, std::string(message))) << segment;
  }
}

TEST(Scopes, look_ups_use_the_first_of_equal_names) {
  const Scopes scopes({{"a", "1"}, {"b", "2"}, {"a", "3"}});
  EXPECT_EQ(scopes.find("a"), "1");
  EXPECT_EQ(scopes.find("b"), "2");
  EXPECT_EQ(scopes.find("c"), std::nullopt);
}

TEST(Scopes, order_is_part_of_identity) {
  EXPECT_NE(*Scopes::parse("a=1;b=2"), *Scopes::parse("b=2;a=1"));
}

TEST(ObjectId, storage_paths) {
  const std::pair<ObjectId, std::string> cases[] = {
      {{"attachments", Scopes({{"org", "17"}, {"project", "42"}}), "reports/q1.txt"},
       "attachments/org.17/project.42/objects/reports/q1.txt"},
      {{"u", Scopes(), "k"}, "u/objects/k"},
      {{"objects", Scopes(), "objects/objects"}, "objects/objects/objects/objects"},
      {{"u", Scopes(std::vector{Scope{"objects", "objects"}}), "/"}, "u/objects.objects/objects//"},
      {{"u", Scopes(), "a//b/../"}, "u/objects/a//b/../"},
  };
  for (const auto& [id, path] : cases) {
    EXPECT_EQ(id.storage_path(), path);
    EXPECT_EQ(ObjectId::parse_storage_path(path), id) << path;
  }
}

TEST(ObjectId, other_texts_are_not_storage_paths) {
  for (const auto* path :
       {"", "u", "u/", "/objects/k", "u/objects", "u/objects/", "u/a.1", "u/a.1/objects/",
        "u/a/objects/k", "u/.1/objects/k", "u/a./objects/k", "u/a.1.2/objects/k", "u/a.=/objects/k",
        "u//objects/k", "~changelog/0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77"}) {
    EXPECT_EQ(ObjectId::parse_storage_path(path), std::nullopt) << path;
  }
}

rc::Gen<std::string> scope_text() {
  return rc::gen::nonEmpty(
      rc::gen::container<std::string>(rc::gen::elementOf(std::string(scope_alphabet))));
}

RC_GTEST_PROP(ObjectId, storage_path_round_trip, ()) {
  const auto without_slash =
      rc::gen::container<std::string>(rc::gen::distinctFrom(rc::gen::arbitrary<char>(), '/'));
  std::vector<Scope> scopes;
  const auto pairs = *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
      rc::gen::pair(scope_text(), scope_text()));
  for (const auto& [name, value] : pairs)
    scopes.push_back({name, value});
  const ObjectId id{*rc::gen::nonEmpty(without_slash), Scopes(std::move(scopes)),
                    *rc::gen::nonEmpty(rc::gen::container<std::string>(
                        rc::gen::element('a', '/', '.', '%', '\xc3', '\0')))};
  RC_ASSERT(ObjectId::parse_storage_path(id.storage_path()) == id);
}

TEST(ObjectId, what_may_be_stored) {
  const std::string long_key(max_storage_path_bytes - "u/objects/"sv.size(), 'k');
  struct Case {
    std::string usecase;
    std::string key;
    bool valid;
  };
  const Case cases[] = {
      {"u", "k", true},
      {"..", "..", true},
      {"a b\xc3\xa9", "/a//b/", true},
      {"__multipart__x", "k", true},
      {"u~", "~", true},
      {"u", long_key, true},
      {"u", long_key + "k", false},
      {"", "k", false},
      {"a/b", "k", false},
      {"~changelog", "k", false},
      {"~", "k", false},
      {"__multipart__", "k", false},
      {"u\0"s, "k", false},
      {"u", "k\0"s, false},
      {"u", "", false},
  };
  for (const auto& [usecase, key, valid] : cases) {
    const auto checked = validate({usecase, Scopes(), key});
    EXPECT_EQ(checked.ok(), valid) << usecase << ' ' << key.substr(0, 20);
    if (!checked.ok()) {
      EXPECT_EQ(checked.error().code(), ErrorCode::invalid_argument);
    }
  }
}

TEST(ObjectId, scopes_count_towards_the_limit) {
  const std::string key(max_storage_path_bytes - "u/a.1/objects/"sv.size(), 'k');
  EXPECT_TRUE(validate({"u", Scopes(std::vector{Scope{"a", "1"}}), key}).ok());
  EXPECT_FALSE(validate({"u", Scopes(std::vector{Scope{"a", "11"}}), key}).ok());
}

TEST(Revision, path_is_the_objects_path_and_the_id) {
  const std::string path =
      "attachments/org.17/project.42/objects/reports/q1.txt/" + std::string(uuid);
  const auto revision = Revision::parse(path);
  ASSERT_TRUE(revision);
  EXPECT_EQ(revision->object_path(), "attachments/org.17/project.42/objects/reports/q1.txt");
  EXPECT_EQ(revision->id().str(), uuid);
  EXPECT_EQ(revision->path(), path);
}

TEST(Revision, an_unnumbered_one_has_the_objects_own_path) {
  const auto revision = Revision::unnumbered("u/objects/k");
  EXPECT_EQ(revision.path(), "u/objects/k");
  EXPECT_EQ(revision.object_path(), "u/objects/k");
  EXPECT_EQ(revision, Revision::unnumbered("u/objects/k"));
  EXPECT_NE(revision, Revision("u/objects/k", Uuid()));
}

TEST(Revision, other_texts_are_refused) {
  const std::string id(uuid);
  for (const std::string& path :
       {""s, id, "/" + id, "u/objects/k"s, "u/objects/k/"s, "u/objects/k/" + id + "/",
        "u/objects/k/" + id.substr(1), "u/objects/k/0196523C-7B2A-7D3E-9C51-0D2F6A1B4E77"s}) {
    EXPECT_EQ(Revision::parse(path), std::nullopt) << path;
  }
}

}  // namespace
}  // namespace objectstore
