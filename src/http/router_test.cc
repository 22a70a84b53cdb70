#include "http/router.h"

#include <gtest/gtest.h>

#include <vector>

namespace objectstore {
namespace {

struct Case {
  std::string_view target;
  Route route;
  std::string_view usecase = {};
  std::string_view scopes = {};
  std::string_view key = {};
  std::string_view query = {};
};

TEST(Router, targets) {
  using enum Route;
  const std::vector<Case> cases = {
      {"/v1/objects/u/_/k", object, "u", "_", "k"},
      {"/v1/objects/u/_/a/b//c/", object, "u", "_", "a/b//c/"},
      {"/v1/objects/u/_//k", object, "u", "_", "/k"},
      {"/v1/objects//_/k", object, "", "_", "k"},
      {"/v1/objects/u//k", object, "u", "", "k"},
      {"/v1/objects/a%2Fb/org%3D1/k%2F", object, "a%2Fb", "org%3D1", "k%2F"},
      {"/v1/objects/u/_/k?a=b?c", object, "u", "_", "k", "a=b?c"},
      {"http://host:80/v1/objects/u/_/k", object, "u", "_", "k"},
      {"/v1/objects/u/_", collection, "u", "_"},
      {"/v1/objects/u/_/", collection, "u", "_"},
      {"/v1/objects/u/_?x", collection, "u", "_", "", "x"},
      {"/v1/objects/u", unknown},
      {"/v1/objects", unknown},
      {"/v1/objects%3Abatch/u/_/", unknown},
      {"/v1/objects:batch/u/_/", batch, "u", "_"},
      {"/v1/objects:batch/u/_", unknown},
      {"/v1/objects:batch/u/_/k", unknown},
      {"/v1/objects:multipart/u/_", multipart_collection, "u", "_"},
      {"/v1/objects:multipart/u/_/", multipart_collection, "u", "_"},
      {"/v1/objects:multipart/u/_/k", multipart_object, "u", "_", "k"},
      {"/v1/objects:multipart:parts/u/_/k", multipart_parts, "u", "_", "k"},
      {"/v1/objects:multipart:parts/u/_/", unknown},
      {"/v1/objects:multipart:complete/u/_/k", multipart_complete, "u", "_", "k"},
      {"/v1/objects:multipart:complete/u/_", unknown},
      {"/v1/objects:other/u/_/k", unknown},
      {"/v2/objects/u/_/k", unknown},
      {"/health", health},
      {"/ready?x=1", ready, "", "", "", "x=1"},
      {"/health/", unknown},
      {"/", unknown},
      {"*", unknown},
      {"http://host", unknown},
      {"HTTPS://host/v1/objects/u/_/k?x#y", object, "u", "_", "k", "x#y"},
      {"http://host?x=/v1/objects/u/_/k", unknown},
      {"http://host#/v1/objects/u/_/k", unknown},
      {"http://host?/health", unknown},
      {"ftp://host/v1/objects/u/_/k", unknown},
      {"x?://host/v1/objects/u/_/k", unknown},
      {"v1/objects/u/_/k?http://host/v1/objects/u/_/k", unknown},
      {"", unknown},
  };
  for (const auto& c : cases) {
    const auto match = match_route(c.target);
    EXPECT_EQ(match.route, c.route) << c.target;
    if (c.route == unknown) continue;
    EXPECT_EQ(match.usecase, c.usecase) << c.target;
    EXPECT_EQ(match.scopes, c.scopes) << c.target;
    EXPECT_EQ(match.key, c.key) << c.target;
    EXPECT_EQ(match.query, c.query) << c.target;
  }
}

TEST(Router, internal_routes_and_their_patterns) {
  for (const std::string path : {"/health", "/ready", "/keda", "/metrics", "/openapi.yaml"}) {
    const auto match = match_route(path);
    EXPECT_TRUE(is_internal(match.route)) << path;
    EXPECT_EQ(route_pattern(match.route), path);
    EXPECT_TRUE(method_allowed(match.route, Method::head));
    EXPECT_FALSE(method_allowed(match.route, Method::post));
  }
  EXPECT_FALSE(is_internal(match_route("/v1/objects/u/_/k").route));
  EXPECT_EQ(route_pattern(match_route("/v1/objects/u/_/a/b").route),
            "/v1/objects/{usecase}/{scopes}/{*key}");
  EXPECT_EQ(route_pattern(Route::unknown), "unknown");
}

TEST(Router, path_is_what_was_sent_without_authority_and_query) {
  EXPECT_EQ(match_route("http://h:1/v1/objects/u/_/a%20b?x=y").path, "/v1/objects/u/_/a%20b");
  EXPECT_EQ(match_route("/nothing?").path, "/nothing");
}

}  // namespace
}  // namespace objectstore
