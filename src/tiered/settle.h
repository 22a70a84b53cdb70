// Settling a change: the one piece of code behind every failure path, the writer's own rollback
// and recovery. Safe to run twice, on two machines, in any order.
#pragma once

#include <optional>

#include "changelog/recovery.h"
#include "tiered/context.h"

namespace objectstore {

// What is known of a change once it was fenced: it has committed, or never will.
struct Verdict {
  FenceFound found = FenceFound::not_open;
  Row row;  // as read after the fence
};

// Whether the one who settles knows that no upload of the change is under way any more.
enum class UploadEnded : std::uint8_t { no, yes };

class Settlement {
 public:
  explicit Settlement(TieredContext& context) : context_(context) {}

  // Steps 1 and 2: fences the attempt, until that is confirmed, then reads the row. An error
  // (also: `deadline` has passed) means that nothing is known and nothing may be deleted.
  [[nodiscard]] Task<Result<Verdict>> judge(const std::string& key, const AttemptId& attempt,
                                            MonotonicTime deadline);

  // Steps 3 and 4: deletes whichever blob of the change `row` does not point to, then ends the
  // entry. `row` was read after a confirmed fence, or is what the change itself committed.
  // On an error the entry stays in the log.
  [[nodiscard]] Task<Result<void>> clean(ChangeGuard guard, Row row, UploadEnded upload_ended);

  // clean(), behind the caller's back.
  [[nodiscard]] Task<void> clean_in_background(ChangeGuard guard, Row row,
                                               UploadEnded upload_ended);
  // judge() and clean(), behind the caller's back: for a change whose request has failed.
  [[nodiscard]] Task<void> settle_in_background(ChangeGuard guard, UploadEnded upload_ended);

  // All of it, for recovery.
  [[nodiscard]] Task<Result<void>> settle(ChangeGuard guard, bool swept_later);

 private:
  // clean(), and what it came to.
  [[nodiscard]] Task<Result<SettleOutcome>> clean_up(ChangeGuard guard, Row row,
                                                     UploadEnded upload_ended);
  // Discards the blob, trying again a bounded number of times.
  [[nodiscard]] Task<Result<Discarded>> discard(const Revision& name, const std::string& upload);
  [[nodiscard]] Task<void> clean_task(ChangeGuard guard, Row row, UploadEnded upload_ended);
  [[nodiscard]] Task<void> settle_task(ChangeGuard guard, UploadEnded upload_ended);
  void report_left_behind(const Change& change, const Error& error);

  TieredContext& context_;
};

}  // namespace objectstore
