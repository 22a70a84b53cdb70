// Pages of a bucket's objects, as S3 lists them (ListObjectsV2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace objectstore {

struct ListedObject {
  std::string key;
  std::uint64_t size = 0;
  WallTime modified;
};

struct ObjectPage {
  std::vector<ListedObject> objects;
  bool truncated = false;
};

// Keys are decoded where the store says that they are encoded. `unavailable` where the text is no
// such document, or one that contradicts itself.
[[nodiscard]] Result<ObjectPage> read_object_page(std::string_view xml);

}  // namespace objectstore
