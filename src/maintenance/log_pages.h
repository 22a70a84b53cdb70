// The change log and its quarantine, page by page, and what they say about blobs.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "maintenance/scrub_context.h"

namespace objectstore {

template <class Entry>
struct EntryPage {
  std::vector<Entry> entries;
  std::string next;  // go on from here; empty: that was all
};

[[nodiscard]] Task<Result<EntryPage<ScannedEntry>>> log_page(ScrubContext& context,
                                                             std::string from);
[[nodiscard]] Task<Result<EntryPage<QuarantinedEntry>>> quarantine_page(ScrubContext& context,
                                                                        std::string after);
// Exactly that entry, as it is now; empty where it is gone.
[[nodiscard]] Task<Result<std::vector<ScannedEntry>>> look_up(ScrubContext& context,
                                                              std::string key);
// What a quarantined entry was before.
[[nodiscard]] ScannedEntry entry_of(const QuarantinedEntry& quarantined);

struct Mentions {
  std::set<Revision> named;  // by any entry, whatever its state
  bool whole = true;         // every entry could be read
};
// Which of the `wanted` blobs the log names, in all of it. An entry that is there during the whole
// call is seen. Errors: it could not be scanned to the end, so nothing is known.
[[nodiscard]] Task<Result<Mentions>> find_mentions(ScrubContext& context,
                                                   const std::set<Revision>& wanted);

}  // namespace objectstore
