#include "backends/s3/object_listing.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

constexpr std::string_view entry =
    "<Contents><Key>a+b%2Bc</Key><Size>7</Size><LastModified>2026-04-20T13:37:00.250Z"
    "</LastModified></Contents>";

std::string page_with(std::string_view contents,
                      std::string_view more = "<IsTruncated>false</IsTruncated>") {
  std::string xml =
      "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  return xml.append(more).append(contents).append("</ListBucketResult>");
}

TEST(S3Listing, keys_are_decoded_where_they_are_encoded) {
  const auto plain = read_object_page(page_with(entry));
  ASSERT_TRUE(plain.ok());
  ASSERT_EQ(plain->objects.size(), 1U);
  EXPECT_EQ(plain->objects[0].key, "a+b%2Bc");
  EXPECT_EQ(plain->objects[0].size, 7U);
  EXPECT_EQ(unix_ms(plain->objects[0].modified), 1'776'692'220'250U);
  EXPECT_FALSE(plain->truncated);

  const auto encoded = read_object_page(
      page_with(entry, "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"));
  ASSERT_TRUE(encoded.ok());
  EXPECT_EQ(encoded->objects.at(0).key, "a b+c");
  EXPECT_TRUE(encoded->truncated);
}

TEST(S3Listing, an_answer_that_is_no_whole_list_is_an_error) {
  const std::string whole = page_with(entry);
  const std::string cases[] = {
      "",
      "<html>sign in</html>",
      "<Error><Code>AccessDenied</Code></Error>",
      whole.substr(0, whole.size() / 2),
      page_with(entry, ""),                              // more or not?
      page_with("", "<IsTruncated>true</IsTruncated>"),  // where would the next begin?
      page_with("<Contents><Size>1</Size></Contents>"),
      page_with("<Contents><Key>k</Key><Size>-1</Size></Contents>"),
      page_with("<Contents><Key>k</Key><Size>1</Size><LastModified>x</LastModified></Contents>"),
  };
  for (const auto& xml : cases) {
    const auto page = read_object_page(xml);
    ASSERT_FALSE(page.ok()) << xml;
    EXPECT_EQ(page.error().code(), ErrorCode::unavailable);
  }
}

}  // namespace
}  // namespace objectstore
