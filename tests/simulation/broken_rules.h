// The rules of the protocol, each left out on purpose: stores in front of the simulated ones that
// make the real code behave as if the rule did not exist. The code itself has no switches.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "testing/sim_server.h"

namespace objectstore::testing {

enum class BrokenRule : std::uint8_t {
  // Large writes.
  record_after_intent,
  finish_waits_for_record,
  finish_is_sent_once,
  intent_needs_row_as_read,
  commit_needs_open_intent,
  commit_clears_all_intents,
  missing_stamp_is_no_difference,
  // Settle.
  fence_leaves_a_cell,
  fence_must_be_confirmed,
  unreadable_row_permits_no_deletion,
  keep_entry_for_late_uploads,
  // Small writes and stamps.
  stamp_above_all_seen,
  delete_leaves_its_stamp,
  slow_stamp_above_fast_one,
  resend_with_same_stamp,
  refused_after_doubt_is_an_error,
  // Expiry.
  protocol_sees_raw_cells,
  blob_is_bumped_first,
  bump_is_refused_after_deadline,
  expiry_leaves_the_stamp,
  // Multipart uploads.
  hold_after_intent,
  upload_is_held_by_one,
};

// Who would follow the rule: what is at the far end of the network, or at the near one.
enum class RuleFollower : std::uint8_t { row_store, process };

struct NamedRule {
  BrokenRule rule;
  std::string_view name;  // as on the command line
  RuleFollower follower;
};
// Each of them once.
[[nodiscard]] const std::vector<NamedRule>& all_rules();
[[nodiscard]] RuleFollower follower_of(BrokenRule rule);

// Rules that the row store follows: replaces `backends.row_rules`. Null where `rule` is none of
// these. Keep it as long as the backends.
[[nodiscard]] std::unique_ptr<RowStore> break_far_end(BrokenRule rule, SimBackends& backends);

// Rules that the processes follow: for SimServerSettings::decorate. Null where `rule` is none of
// these.
[[nodiscard]] std::unique_ptr<StoreDecorator> break_near_end(BrokenRule rule, StoreView stores,
                                                             SimProcess& process, Clock& clock,
                                                             SimBackends& backends);

}  // namespace objectstore::testing
