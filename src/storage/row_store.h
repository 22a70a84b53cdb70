// The high-volume tier: one row an object, changed only by single-row atomic requests.
//
// Every operation is one request of the change protocol (docs/adr/0001-change-protocol.md); there
// is no general key-value access, so that no predicate can be forgotten. Rows are seen raw: a
// redirect is a redirect while its cell exists, whatever its deadline says.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/uuid.h"
#include "model/metadata.h"
#include "model/object_id.h"
#include "runtime/task.h"

namespace objectstore {

// Grows with every write of a row: what arrives late is refused by what came after it.
struct Stamp {
  std::uint64_t number = 0;  // hybrid logical clock, microseconds since the epoch or above
  Uuid id;                   // of the write
  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

// One try of a change to become visible; never used again.
struct AttemptId {
  Uuid id;
  friend auto operator<=>(const AttemptId&, const AttemptId&) = default;
};

struct AbsentRow {
  friend bool operator==(const AbsentRow&, const AbsentRow&) = default;
};
struct InlineRow {
  Metadata metadata;    // time_expires is the row's deadline; size is set on reads
  SharedBytes payload;  // left empty by metadata reads
  friend bool operator==(const InlineRow&, const InlineRow&) = default;
};
struct RedirectRow {
  Revision target;
  ExpirationPolicy policy;
  std::optional<WallTime> deadline;
  friend bool operator==(const RedirectRow&, const RedirectRow&) = default;
};
using RowState = std::variant<AbsentRow, InlineRow, RedirectRow>;

// The blob that the row points to, within `state`; null where it points to none.
[[nodiscard]] inline const Revision* redirect_target(const RowState& state) {
  const auto* redirect = std::get_if<RedirectRow>(&state);
  return redirect == nullptr ? nullptr : &redirect->target;
}
[[nodiscard]] inline bool points_to(const RowState& state, const Revision& revision) {
  const auto* target = redirect_target(state);
  return target != nullptr && *target == revision;
}

struct Row {
  RowState state = AbsentRow{};
  // Missing: nothing was ever written, or the store has collected it. Counts as the lowest.
  std::optional<Stamp> stamp;
};

// What became of a mutation.
class Mutation {
 public:
  enum class Outcome : std::uint8_t {
    applied,
    refused,  // the predicate did not hold; nothing was changed
    failed,   // certainly not applied, now or later
    unknown,  // may be applied, now or at any later time
  };
  [[nodiscard]] static Mutation applied() { return Mutation(Outcome::applied, std::nullopt); }
  [[nodiscard]] static Mutation refused() { return Mutation(Outcome::refused, std::nullopt); }
  [[nodiscard]] static Mutation failed(Error cause) {
    return Mutation(Outcome::failed, std::move(cause));
  }
  [[nodiscard]] static Mutation unknown(Error cause) {
    return Mutation(Outcome::unknown, std::move(cause));
  }

  [[nodiscard]] Outcome outcome() const { return outcome_; }
  [[nodiscard]] bool is_applied() const { return outcome_ == Outcome::applied; }
  [[nodiscard]] bool is_refused() const { return outcome_ == Outcome::refused; }
  // Precondition: failed or unknown.
  [[nodiscard]] const Error& cause() const { return *cause_; }

 private:
  Mutation(Outcome outcome, std::optional<Error> cause)
      : outcome_(outcome), cause_(std::move(cause)) {}
  Outcome outcome_;
  std::optional<Error> cause_;
};

// What a confirmed fence found.
enum class FenceFound : std::uint8_t {
  open,      // the attempt had not committed, and never will
  not_open,  // committed, overwritten, fenced before, or never begun
};

// What the writer of an intent has read, and what must still hold.
struct IntentCondition {
  std::optional<Stamp> stamp;        // equal, or missing in the row
  std::optional<Revision> redirect;  // the row points there; unset: the row is no redirect
  // Set by expiry only: the redirect's deadline is still this one.
  std::optional<WallTime> deadline;
};

enum class RowPart : std::uint8_t { everything, metadata };

// Any thread may call. Every mutation is durable, and seen by every later read, when it is
// reported as applied; nothing is seen before it is durable. Keys are storage paths.
class RowStore {
 public:
  virtual ~RowStore() = default;

  // Errors: unavailable, corrupt (named in the message), io.
  [[nodiscard]] virtual Task<Result<Row>> read(std::string_view key, RowPart part) = 0;

  // Small put or delete: refused where the row is a redirect (also an expired one) or holds a stamp
  // not below `stamp`; else the row is cleared and `state` (inline or absent) and `stamp` are
  // written. The same request may be sent again after an unknown outcome.
  [[nodiscard]] virtual Task<Mutation> write_unless_redirect(std::string_view key,
                                                             const RowState& state,
                                                             const Stamp& stamp) = 0;

  // Sets the attempt's intent to `open`, at the attempt id's own time, if `condition` holds.
  [[nodiscard]] virtual Task<Mutation> open_intent(std::string_view key, const AttemptId& attempt,
                                                   const IntentCondition& condition) = 0;

  // If the newest version of the attempt's intent is `open`: clears the whole row, other intents
  // included, and writes `state` and `stamp`.
  [[nodiscard]] virtual Task<Mutation> commit(std::string_view key, const AttemptId& attempt,
                                              const RowState& state, const Stamp& stamp) = 0;

  // Writes `fenced` one millisecond above the attempt's own time, whether an intent is there or
  // not: after it, that attempt can never commit. An error means unknown: fence again.
  [[nodiscard]] virtual Task<Result<FenceFound>> fence(std::string_view key,
                                                       const AttemptId& attempt) = 0;

  // Moves the row's deadline if its state is still exactly `as_read`; stamp and intents stay.
  [[nodiscard]] virtual Task<Mutation> bump(std::string_view key, const Row& as_read,
                                            WallTime deadline) = 0;
};

// A redirect whose deadline has passed.
struct ExpiredRedirect {
  std::string key;
  Row row;
};

// A row store whose rows do not vanish by themselves: who runs the service sweeps it.
class RowSweeper {
 public:
  virtual ~RowSweeper() = default;

  struct Sweep {
    std::size_t collected = 0;  // inline rows removed; their stamps stay
    // To be deleted by the change protocol. Not those that are being overwritten: the write would
    // fail for nothing.
    std::vector<ExpiredRedirect> redirects;
    std::string next;  // go on from here; empty: that was all
  };
  // Looks at up to `limit` rows whose deadline is before `now`, from the position `from` of an
  // earlier sweep (empty: from the start), so that rows which can't be removed hide no others.
  [[nodiscard]] virtual Task<Result<Sweep>> sweep(WallTime now, std::string from,
                                                  std::size_t limit) = 0;

  // Gives the space of collected rows back to the file system where that is worth it.
  [[nodiscard]] virtual Task<Result<void>> reclaim() = 0;
};

}  // namespace objectstore
