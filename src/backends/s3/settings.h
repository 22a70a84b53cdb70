// What an S3 store is, and how it is spoken to.
#pragma once

#include <cstdint>
#include <string>

namespace objectstore {

enum class S3Dialect : std::uint8_t {
  amazon,     // S3's API as AWS documents it
  reference,  // `s3compatible` of the existing service (storage-formats.md section 7)
};

struct S3Settings {
  // "https://host[:port][/prefix]"; empty: AWS in `region`.
  std::string endpoint;
  std::string region = "us-east-1";
  std::string bucket;
  // The bucket in the path, not in the host's name. Also where its name can't be a host's, or the
  // endpoint is an address.
  bool path_style = false;
  S3Dialect dialect = S3Dialect::amazon;

  // False: each name is written once, by one upload. True: names are those of objects, later
  // uploads replace, and an upload that is dropped cleans up after itself.
  bool replace = false;
  // The deadline that counts is the one in the object's own metadata.
  bool deadlines_in_objects = false;

  // The store knows `If-None-Match: *` on uploads. False: a name that exists is looked for
  // beforehand, which another upload may slip through.
  bool conditional_writes = true;
  // Send and ask for CRC-32C checksums of objects (x-amz-checksum-*).
  bool checksums = true;

  // What fits into the first part goes up as a whole; AWS takes no smaller part than 5 MiB, but for
  // the last. Parts grow (upload_plan.h), so that large objects fit.
  std::uint64_t part_bytes = std::uint64_t{8} << 20;
  std::uint64_t max_object_bytes = std::uint64_t{5} << 40;
  // Objects of up to this size are copied onto themselves in one request, larger ones in parts of
  // it. At most 5 GiB.
  std::uint64_t max_copy_bytes = std::uint64_t{5} << 30;
  std::string spool_directory;  // exists; holds up to two parts an upload
};

}  // namespace objectstore
