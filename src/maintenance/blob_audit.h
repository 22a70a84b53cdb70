// The walk over the blobs: blobs that nobody points to, and blobs that can't be read.
#pragma once

#include <set>
#include <vector>

#include "maintenance/scrub_context.h"

namespace objectstore {

class BlobAudit {
 public:
  explicit BlobAudit(ScrubContext& context) : context_(context) {}

  // One page from the position `from`; the position of the next, empty at the end.
  [[nodiscard]] Task<Result<std::string>> page(std::string from);

 private:
  // A blob to which its object's row, as it was read, did not point.
  struct Suspect {
    ListedBlob blob;
    Row row;
    [[nodiscard]] const Revision& revision() const { return *blob.revision; }
  };

  [[nodiscard]] Task<Result<BlobPage>> list(const std::string& from);
  // Looks again at blobs of the page from `from` that could not be read.
  [[nodiscard]] Task<Result<void>> tell_unreadable(const std::string& from,
                                                   std::set<std::string> names);
  // What was under way before this time has ended.
  [[nodiscard]] WallTime settled_before() const {
    return std::max(WallTime(), context_.parts.clock.now() - context_.options.young);
  }
  // Whether the attempt may still make its row point to a blob.
  [[nodiscard]] bool may_commit(const AttemptId& attempt) const;
  // Its row may have been collected at its deadline; the store's own rule follows days later.
  [[nodiscard]] bool expires_by_itself(const ListedBlob& blob) const;
  [[nodiscard]] bool may_be_orphan(const ListedBlob& blob, const ListedRow& row) const;
  // Tells those which are orphans. Returns those whose row was written meanwhile, with the row as
  // it is now: nothing can be said about them yet.
  [[nodiscard]] Task<Result<std::vector<Suspect>>> judge(std::vector<Suspect> suspects);
  [[nodiscard]] Task<void> tell_orphan(const ListedBlob& blob, bool proven);
  [[nodiscard]] Task<Result<void>> remove(const Revision& revision);

  ScrubContext& context_;
};

}  // namespace objectstore
