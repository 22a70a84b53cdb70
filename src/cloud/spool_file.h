// Bytes on their way to a store, kept in a file without a name until they have arrived: a retry
// needs them again, and memory must not hold them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cloud/store_requests.h"
#include "runtime/blocking_pool.h"

namespace objectstore {

// Used by one caller at a time; streams that were opened may be read meanwhile. All bytes go with
// the last reference, also when the process is killed.
class SpoolFile final : public RepeatableBody {
 public:
  // In `directory`, which exists; `pool` outlives the file.
  [[nodiscard]] static Task<Result<std::unique_ptr<SpoolFile>>> create(BlockingPool& pool,
                                                                       std::string directory);
  ~SpoolFile() override;

  // Errors: out_of_space, io (they name the directory).
  // After one the file is as it was before.
  [[nodiscard]] Task<Result<void>> append(std::string_view bytes);
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::unique_ptr<ByteStream> open() const override { return open_from(0); }
  // From `offset` (at most the size) to what is the end now.
  [[nodiscard]] std::unique_ptr<ByteStream> open_from(std::uint64_t offset) const;
  // Empties it; streams that are open must not be read on.
  [[nodiscard]] Task<Result<void>> clear();

 private:
  struct Descriptor;
  class Stream;
  SpoolFile(BlockingPool& pool, std::shared_ptr<Descriptor> file);

  BlockingPool& pool_;
  std::shared_ptr<Descriptor> file_;
  std::uint64_t size_ = 0;
};

}  // namespace objectstore
