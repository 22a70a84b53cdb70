// Where a bucket and its objects are.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/s3/settings.h"
#include "base/result.h"

namespace objectstore {

// Names and values in clear; a name with an empty value stands alone ("?uploads").
using S3Query = std::vector<std::pair<std::string_view, std::string_view>>;

class S3Urls {
 public:
  // invalid_argument where endpoint, region or bucket can't be one.
  [[nodiscard]] static Result<S3Urls> make(const S3Settings& settings);

  [[nodiscard]] std::string bucket(const S3Query& query) const;
  [[nodiscard]] std::string object(std::string_view key, const S3Query& query = {}) const;
  // "/bucket/key", encoded: the source of a copy.
  [[nodiscard]] std::string copy_source(std::string_view key) const;

 private:
  S3Urls(std::string base, std::string bucket)
      : base_(std::move(base)), bucket_(std::move(bucket)) {}

  std::string base_;  // what the slash before a key is added to
  std::string bucket_;
};

}  // namespace objectstore
