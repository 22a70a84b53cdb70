// The part that all writes under an intent share: read, intent, entry, commit and its outcomes
// (docs/adr/0001-change-protocol.md, "Large writes", steps 1 to 3 and 5 to 6).
#pragma once

#include <optional>
#include <string>

#include "tiered/settle.h"

namespace objectstore {

// A write whose intent is acknowledged.
struct Begun {
  std::string key;
  AttemptId attempt;
  Row as_read;  // metadata only
  MonotonicTime commit_by;
  // An expiry is no write: it leaves the stamp as it was, so that a write which it overtakes is not
  // taken for one that was done before another write, and acknowledged.
  bool keeps_stamp = false;
  // Of the request that a small write began with. It was refused, but may be delivered once more:
  // only a stamp above its own keeps it from being applied then.
  std::optional<Stamp> fast_stamp = {};

  // The blob that the write replaces.
  [[nodiscard]] std::optional<Revision> old_revision() const;
};

// Whether the row was written between the two readings. A stamp that is missing is no difference:
// the store may have collected it, or there never was one. It counts as the lowest.
[[nodiscard]] bool written_since(const Row& as_read, const Row& now);

class ProtectedWrite {
 public:
  ProtectedWrite(TieredContext& context, Settlement& settlement)
      : context_(context), settlement_(settlement) {}

  // Steps 1 and 2, again with a fresh attempt while others get in between.
  [[nodiscard]] Task<Result<Begun>> begin(std::string key, MonotonicTime deadline);

  // Steps 1 and 2 for an expired redirect as a sweep has read it; nullopt: no longer so.
  [[nodiscard]] Task<std::optional<Begun>> begin_expiry(std::string key, Row as_read);

  // Step 3. On an error the entry may be in the log all the same; it is settled in the background.
  [[nodiscard]] Task<Result<ChangeGuard>> record(const Begun& begun,
                                                 std::optional<Revision> new_revision);

  // Steps 5 and 6: success once the write is visible (or was overwritten right after). What is to
  // be cleaned up is cleaned up in the background. `guard` is unset where no blob is concerned;
  // with one, the upload of its new revision has ended.
  [[nodiscard]] Task<Result<void>> commit(Begun begun, RowState state,
                                          std::optional<ChangeGuard> guard);

 private:
  [[nodiscard]] Task<Result<void>> after_refusal(const Begun& begun, const Verdict& verdict);
  // The way on from a commit that did not report success.
  [[nodiscard]] Task<Result<void>> resolve(Begun begun, Stamp stamp, Mutation committed,
                                           std::optional<ChangeGuard> guard);

  TieredContext& context_;
  Settlement& settlement_;
};

}  // namespace objectstore
