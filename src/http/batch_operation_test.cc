#include "http/batch_operation.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "http/errors.h"

namespace objectstore {
namespace {

constexpr std::string_view kind = "x-sn-batch-operation-kind";
constexpr std::string_view key = "x-sn-batch-operation-key";

TEST(BatchOperation, is_read_from_the_headers_of_a_part) {
  struct Case {
    std::vector<HeaderView> headers;
    BatchKind kind;
    std::optional<std::string> key;
  };
  const std::vector<Case> cases = {
      {{{kind, "get"}, {key, "a"}}, BatchKind::get, "a"},
      {{{kind, "HEAD"}, {key, "a"}}, BatchKind::head, "a"},
      {{{kind, "Insert"}, {key, "a"}}, BatchKind::insert, "a"},
      {{{kind, "dElEtE"}, {key, "a"}}, BatchKind::remove, "a"},
      {{{"X-Sn-Batch-Operation-Kind", "get"}, {"X-SN-BATCH-OPERATION-KEY", "a"}},
       BatchKind::get,
       "a"},
      {{{kind, "insert"}}, BatchKind::insert, std::nullopt},
      {{{kind, "insert"}, {key, ""}}, BatchKind::insert, ""},
      {{{kind, "get"}, {key, "a%2Fb%20c%C3%A4%25"}}, BatchKind::get, "a/b c\xc3\xa4%"},
      {{{kind, "get"}, {key, "a/b c+d%zz%4"}}, BatchKind::get, "a/b c+d%zz%4"},
      {{{kind, "get"}, {key, "a"}, {"content-disposition", "form-data; name=x"}, {"x", "y"}},
       BatchKind::get,
       "a"},
      // Not of an insert: nobody looks at it.
      {{{kind, "get"}, {key, "a"}, {"content-type", "nonsense"}}, BatchKind::get, "a"},
      {{{kind, "get"}, {kind, "delete"}, {key, "a"}, {key, "b"}}, BatchKind::get, "a"},
  };
  for (const auto& test : cases) {
    const auto operation = parse_batch_operation(test.headers);
    ASSERT_TRUE(operation.ok()) << operation.error().describe();
    EXPECT_EQ(operation.value().kind, test.kind);
    EXPECT_EQ(operation.value().key, test.key);
    EXPECT_EQ(operation.value().metadata, Metadata());
  }
}

TEST(BatchOperation, of_an_insert_has_metadata) {
  const auto operation = parse_batch_operation({{kind, "insert"},
                                                {key, "a"},
                                                {"Content-Type", "text/plain"},
                                                {"content-encoding", "zstd"},
                                                {"x-sn-expiration", "ttl:1h"},
                                                {"x-sn-origin", "o"},
                                                {"x-sn-filename", "f"},
                                                {"x-snme-Build", "7"}});
  ASSERT_TRUE(operation.ok());
  const auto& metadata = operation.value().metadata;
  EXPECT_EQ(metadata.content_type, "text/plain");
  EXPECT_EQ(metadata.compression, Compression::zstd);
  EXPECT_EQ(metadata.expiration.str(), "ttl:1h");
  EXPECT_EQ(metadata.origin, "o");
  EXPECT_EQ(metadata.filename, "f");
  EXPECT_EQ(metadata.custom.at("build"), "7");
}

TEST(BatchOperation, is_refused_with_the_reason) {
  struct Case {
    std::vector<HeaderView> headers;
    std::string message;
  };
  const std::string undecodable =
      "bad request: unable to percent-decode x-sn-batch-operation-key header value";
  const std::string long_kind(1000, 'k');
  const std::vector<Case> cases = {
      {{}, "bad request: missing x-sn-batch-operation-kind header"},
      {{{key, "a"}}, "bad request: missing x-sn-batch-operation-kind header"},
      {{{kind, ""}, {key, "a"}}, "bad request: invalid operation kind: "},
      {{{kind, "put"}, {key, "a"}}, "bad request: invalid operation kind: put"},
      {{{kind, long_kind}}, "bad request: invalid operation kind: " + std::string(64, 'k')},
      {{{kind, "GET"}}, "bad request: missing x-sn-batch-operation-key header for get operation"},
      {{{kind, "head"}}, "bad request: missing x-sn-batch-operation-key header for head operation"},
      {{{kind, "delete"}},
       "bad request: missing x-sn-batch-operation-key header for delete operation"},
      {{{kind, "get"}, {key, "%FF"}}, undecodable},
      {{{kind, "insert"}, {key, "a%C3"}}, undecodable},
      {{{kind, "get"}, {key, "\xc3\xa4"}}, undecodable},
      {{{kind, "insert"}, {"content-type", "x"}}, "metadata error: invalid content type"},
      {{{kind, "insert"}, {"x-sn-expiration", "1h"}},
       "metadata error: invalid expiration policy value"},
      {{{kind, "insert"}, {"content-encoding", "gzip"}},
       "metadata error: invalid compression value"},
      {{{kind, "insert"}, {"x-sn-origin", "\xff"}},
       "metadata error: error dealing with http headers"},
  };
  for (const auto& test : cases) {
    const auto operation = parse_batch_operation(test.headers);
    ASSERT_FALSE(operation.ok()) << test.message;
    EXPECT_EQ(operation.error().message(), test.message);
    EXPECT_EQ(operation.error().code(), ErrorCode::invalid_argument);
  }
}

// A thousand of them may wait for a client that reads nothing.
TEST(BatchOperation, refusals_are_short_however_long_the_headers_are) {
  const std::string much(400'000, 'a');
  const std::pair<std::string, std::string> headers[] = {
      {"x-sn-batch-operation-kind", much},
      {"x-sn-batch-operation-key", "%FF" + much},
      {"content-type", much},
      {"content-encoding", much},
      {"x-sn-expiration", much},
      {"x-sn-expiration", "ttl:" + much},
      {"x-sn-expiration", "ttl:1" + much},
      {"x-sn-expiration", "ttl:" + std::string(400'000, '1') + "s"},
      {"x-sn-origin", "\xff" + much},
      {"x-snme-" + much, "\xff"},
  };
  for (const auto& [name, value] : headers) {
    const auto operation = name == kind ? parse_batch_operation({{name, value}})
                                        : parse_batch_operation({{kind, "insert"}, {name, value}});
    ASSERT_FALSE(operation.ok()) << name.substr(0, 100);
    EXPECT_LT(batch_error(operation.error()).json().size(), 1000U) << name.substr(0, 100);
  }
}

}  // namespace
}  // namespace objectstore
