#include "cloud/xml_multipart.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const std::string xmlns = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

// What is none of the documents, whichever was asked for.
std::vector<std::string> garbage() {
  std::string bomb = "<!DOCTYPE lolz [<!ENTITY lol \"lol\">";
  for (int level = 1; level < 10; ++level) {
    const auto name = "lol" + std::to_string(level);
    const auto below = level == 1 ? std::string("lol") : "lol" + std::to_string(level - 1);
    bomb += "<!ENTITY " + name + " \"";
    for (int i = 0; i < 10; ++i)
      bomb += "&" + below + ";";
    bomb += "\">";
  }
  bomb += "]><Error><Message>&lol9;</Message></Error>";
  std::string deep;
  for (int i = 0; i < 100'000; ++i)
    deep += "<a>";
  return {"",
          " ",
          "OK",
          "{\"uploadId\":\"x\"}",
          "<html><head><title>502 Bad Gateway</title></head><body/></html>",
          "<InitiateMultipartUploadResult>",
          "<ListPartsResult><Part>",
          "<CompleteMultipartUploadResult",
          "<ListMultipartUploadsResult></ListPartsResult>",
          std::string("\0\0\0\0", 4),
          std::string(1000, '<'),
          bomb,
          deep};
}

TEST(XmlMultipart, garbage_is_unavailable_to_every_reader) {
  for (const auto& text : garbage()) {
    const auto shown = text.substr(0, 60);
    const auto id = read_upload_id(text);
    ASSERT_FALSE(id.ok()) << shown;
    EXPECT_EQ(id.error().code(), ErrorCode::unavailable) << shown;
    EXPECT_LT(id.error().message().size(), 200U);
    ASSERT_FALSE(read_part_page(text).ok()) << shown;
    EXPECT_EQ(read_part_page(text).error().code(), ErrorCode::unavailable) << shown;
    ASSERT_FALSE(read_completion(text).ok()) << shown;
    EXPECT_EQ(read_completion(text).error().code(), ErrorCode::unavailable) << shown;
    ASSERT_FALSE(read_upload_page(text).ok()) << shown;
    EXPECT_EQ(read_upload_page(text).error().code(), ErrorCode::unavailable) << shown;
  }
}

TEST(XmlMultipart, upload_ids) {
  const auto id = read_upload_id(declaration + "<InitiateMultipartUploadResult" + xmlns +
                                 "><Bucket>b</Bucket><Key>k</Key><UploadId>VXBs&amp;b2Fk.~-_=="
                                 "</UploadId></InitiateMultipartUploadResult>");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, "VXBs&b2Fk.~-_==");
  EXPECT_FALSE(read_upload_id("<InitiateMultipartUploadResult><UploadId/>"
                              "</InitiateMultipartUploadResult>")
                   .ok());
}

TEST(XmlMultipart, entities_of_the_document_are_not_expanded) {
  const auto id = read_upload_id(
      "<!DOCTYPE x [<!ENTITY a \"boom\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>"
      "<InitiateMultipartUploadResult><UploadId>&a;&f;</UploadId></InitiateMultipartUploadResult>");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, "&a;&f;");
}

std::string part_xml(const std::string& number, const std::string& size,
                     const std::string& modified = "2026-04-20T13:37:00.000Z") {
  return "<Part><PartNumber>" + number + "</PartNumber><LastModified>" + modified +
         "</LastModified><ETag>&quot;e" + number + "&quot;</ETag><Size>" + size + "</Size></Part>";
}
std::string list_xml(const std::string& inside) {
  return declaration + "<ListPartsResult" + xmlns + ">" + inside + "</ListPartsResult>";
}

TEST(XmlMultipart, pages_of_parts) {
  const auto page = read_part_page(
      list_xml("<Bucket>b</Bucket><IsTruncated>true</IsTruncated>"
               "<NextPartNumberMarker>10000</NextPartNumberMarker>" +
               part_xml("2", "5242880") + part_xml("10000", "18446744073709551615")));
  ASSERT_TRUE(page.ok()) << page.error().describe();
  EXPECT_TRUE(page->truncated);
  ASSERT_EQ(page->parts.size(), 2U);
  EXPECT_EQ(page->parts[0].number, 2U);
  EXPECT_EQ(page->parts[0].etag, "\"e2\"");
  EXPECT_EQ(page->parts[0].size, 5'242'880U);
  EXPECT_EQ(page->parts[0].last_modified, WallTime(std::chrono::seconds(1'776'692'220)));
  EXPECT_EQ(page->parts[1].size, UINT64_MAX);
  const auto empty = read_part_page(list_xml("<IsTruncated>false</IsTruncated>"));
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->parts.empty());
  EXPECT_FALSE(empty->truncated);
}

TEST(XmlMultipart, pages_of_parts_that_cannot_be) {
  const std::string cases[] = {
      part_xml("-1", "1"),
      part_xml("0", "1"),
      part_xml("4294967296", "1"),
      part_xml("99999999999999999999999999", "1"),
      part_xml("1.5", "1"),
      part_xml("", "1"),
      part_xml("1", ""),
      part_xml("1", "-1"),
      part_xml("1", "18446744073709551616"),
      part_xml("1", "1 "),
      part_xml("1", "1", "yesterday"),
      part_xml("1", "1", ""),
      part_xml("2", "1") + part_xml("1", "1"),
      part_xml("1", "1") + part_xml("1", "1"),
      "<Part><PartNumber>1</PartNumber><Size>1</Size></Part>",
      "<IsTruncated>true</IsTruncated>",
      "<IsTruncated>perhaps</IsTruncated>",
  };
  for (const auto& inside : cases) {
    const auto page = read_part_page(list_xml(inside));
    ASSERT_FALSE(page.ok()) << inside;
    EXPECT_EQ(page.error().code(), ErrorCode::unavailable);
  }
}

TEST(XmlMultipart, completions_are_written_with_their_etags_escaped) {
  EXPECT_EQ(write_completion({}), "<CompleteMultipartUpload/>");
  EXPECT_EQ(write_completion({{1, "\"abc\""}, {10'000, "<&>]]>'"}}),
            "<CompleteMultipartUpload>"
            "<Part><PartNumber>1</PartNumber><ETag>\"abc\"</ETag></Part>"
            "<Part><PartNumber>10000</PartNumber><ETag>&lt;&amp;&gt;]]&gt;'</ETag></Part>"
            "</CompleteMultipartUpload>");
}

TEST(XmlMultipart, answers_to_completions) {
  const auto good = read_completion(declaration + "<CompleteMultipartUploadResult" + xmlns +
                                    "><ETag>\"x-2\"</ETag></CompleteMultipartUploadResult>");
  ASSERT_TRUE(good.ok());
  EXPECT_FALSE(good->has_value());
  // S3 keeps the connection alive with blanks.
  EXPECT_TRUE(
      read_completion(" \n \n " + declaration + "\n  <CompleteMultipartUploadResult/>").ok());
  const auto refused = read_completion(
      declaration +
      "<Error><Code>InvalidPart</Code><Message>A part is &lt;missing&gt;.</Message></Error>");
  ASSERT_TRUE(refused.ok());
  ASSERT_TRUE(refused->has_value());
  EXPECT_EQ((*refused)->code, "InvalidPart");
  EXPECT_EQ((*refused)->message, "A part is <missing>.");
  for (const auto* code : {"InternalError", "ServiceUnavailable", "SlowDown"}) {
    const auto failed = read_completion(std::string("<Error><Code>") + code + "</Code></Error>");
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code(), ErrorCode::unavailable);
  }
  EXPECT_FALSE(read_completion("<Error><Message>no code</Message></Error>").ok());
}

std::string uploads_xml(const std::string& inside) {
  return declaration + "<ListMultipartUploadsResult" + xmlns + ">" + inside +
         "</ListMultipartUploadsResult>";
}

TEST(XmlMultipart, pages_of_uploads) {
  const auto page = read_upload_page(uploads_xml(
      "<Prefix>a</Prefix><NextKeyMarker>a&amp;b</NextKeyMarker>"
      "<NextUploadIdMarker>u2</NextUploadIdMarker><IsTruncated>true</IsTruncated>"
      "<Upload><Key>a</Key><UploadId>u1</UploadId><Initiator><ID>x</ID></Initiator></Upload>"
      "<Upload><Key>a&amp;b %2F</Key><UploadId>u2</UploadId></Upload>"
      "<CommonPrefixes><Prefix>p</Prefix></CommonPrefixes>"));
  ASSERT_TRUE(page.ok()) << page.error().describe();
  ASSERT_EQ(page->uploads.size(), 2U);
  EXPECT_EQ(page->uploads[0].key, "a");
  EXPECT_EQ(page->uploads[0].upload_id, "u1");
  EXPECT_EQ(page->uploads[1].key, "a&b %2F");
  EXPECT_TRUE(page->truncated);
  EXPECT_EQ(page->next_key, "a&b");
  EXPECT_EQ(page->next_upload_id, "u2");
  const auto empty =
      read_upload_page(uploads_xml("<NextKeyMarker/><IsTruncated>false"
                                   "</IsTruncated>"));
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->uploads.empty());
}

TEST(XmlMultipart, keys_of_uploads_are_decoded_where_they_are_encoded) {
  const auto page = read_upload_page(
      uploads_xml("<EncodingType>url</EncodingType><NextKeyMarker>n%2Fm</NextKeyMarker>"
                  "<Upload><Key>a%2Fb+c%2B%01</Key><UploadId>u%2F</UploadId></Upload>"));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->uploads.at(0).key, "a/b c+\x01");
  EXPECT_EQ(page->uploads.at(0).upload_id, "u%2F");
  EXPECT_EQ(page->next_key, "n/m");
}

TEST(XmlMultipart, pages_of_uploads_that_cannot_be) {
  for (const std::string inside :
       {"<Upload><Key>a</Key></Upload>", "<Upload><UploadId>u</UploadId></Upload>",
        "<IsTruncated>true</IsTruncated>", "<IsTruncated>1</IsTruncated>"}) {
    EXPECT_FALSE(read_upload_page(uploads_xml(inside)).ok()) << inside;
  }
}

TEST(ReadCompletion, what_clients_are_shown_is_printable) {
  const auto read =
      read_completion("<Error><Code>Invalid\x19Part</Code><Message>a\xff\nb</Message></Error>");
  ASSERT_TRUE(read.ok());
  ASSERT_TRUE(read->has_value());
  EXPECT_EQ((*read)->code, "Invalid?Part");
  EXPECT_EQ((*read)->message, "a??b");
}

}  // namespace
}  // namespace objectstore
