// The addresses of a bucket's objects in the JSON and the XML API, and what names they can have.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace objectstore {

// For one component of a path or a query: '/' is encoded, too.
[[nodiscard]] std::string encode_component(std::string_view text);

// GCS's rules for names of objects: invalid_argument says what is wrong and what to do. `suffix` is
// how many bytes the blob's name has beyond the object's path.
[[nodiscard]] Result<void> check_gcs_name(std::string_view object_path, std::size_t suffix);

// A configured endpoint as GcsUrls takes it. "invalid GCS endpoint URL: …", without what may be a
// password in it.
[[nodiscard]] Result<std::string> gcs_endpoint(std::string_view configured);

// Names are given as they are; a '/' in them travels as %2F, in the XML API as well, so that no
// proxy takes "..", "." or "" for parts of a path.
class GcsUrls {
 public:
  GcsUrls(std::string endpoint, std::string_view bucket);

  [[nodiscard]] std::string object(std::string_view name) const;
  // The resource with no more members than are read here.
  [[nodiscard]] std::string resource(std::string_view name) const;
  [[nodiscard]] std::string media(std::string_view name, std::string_view generation) const;
  [[nodiscard]] std::string new_session(std::string_view name, bool replace) const;
  // A page of at most `count` from the name `from` on, or the one that `token` stands for.
  [[nodiscard]] std::string list(std::string_view from, std::string_view token,
                                 std::size_t count) const;

  // The address of a session as the store gave it, made absolute; empty: it leads elsewhere.
  [[nodiscard]] std::string session(std::string_view location) const;
  // Whether credentials for this bucket may be sent there.
  [[nodiscard]] bool is_session(std::string_view url) const;

  // XML API, without query.
  [[nodiscard]] std::string xml_object(std::string_view name) const;
  [[nodiscard]] std::string xml_bucket() const;

 private:
  std::string endpoint_;  // no slash at its end
  std::string bucket_;    // encoded
};

}  // namespace objectstore
