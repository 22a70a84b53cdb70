#include "simulation/broken_rules.h"

#include <algorithm>

namespace objectstore::testing {

const std::vector<NamedRule>& all_rules() {
  using enum BrokenRule;
  using enum RuleFollower;
  static const std::vector<NamedRule> all = {
      {record_after_intent, "record_after_intent", process},
      {finish_waits_for_record, "finish_waits_for_record", process},
      {finish_is_sent_once, "finish_is_sent_once", process},
      {intent_needs_row_as_read, "intent_needs_row_as_read", row_store},
      {commit_needs_open_intent, "commit_needs_open_intent", row_store},
      {commit_clears_all_intents, "commit_clears_all_intents", row_store},
      {missing_stamp_is_no_difference, "missing_stamp_is_no_difference", process},
      {fence_leaves_a_cell, "fence_leaves_a_cell", row_store},
      {fence_must_be_confirmed, "fence_must_be_confirmed", process},
      {unreadable_row_permits_no_deletion, "unreadable_row_permits_no_deletion", process},
      {keep_entry_for_late_uploads, "keep_entry_for_late_uploads", process},
      {stamp_above_all_seen, "stamp_above_all_seen", process},
      {delete_leaves_its_stamp, "delete_leaves_its_stamp", row_store},
      {slow_stamp_above_fast_one, "slow_stamp_above_fast_one", process},
      {resend_with_same_stamp, "resend_with_same_stamp", process},
      {refused_after_doubt_is_an_error, "refused_after_doubt_is_an_error", process},
      {protocol_sees_raw_cells, "protocol_sees_raw_cells", process},
      {blob_is_bumped_first, "blob_is_bumped_first", process},
      {bump_is_refused_after_deadline, "bump_is_refused_after_deadline", row_store},
      {expiry_leaves_the_stamp, "expiry_leaves_the_stamp", process},
      {hold_after_intent, "hold_after_intent", process},
      {upload_is_held_by_one, "upload_is_held_by_one", process},
  };
  return all;
}

RuleFollower follower_of(BrokenRule rule) {
  const auto& all = all_rules();
  return std::find_if(all.begin(), all.end(),
                      [rule](const auto& named) { return named.rule == rule; })
      ->follower;
}

}  // namespace objectstore::testing
