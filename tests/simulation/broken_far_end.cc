#include "simulation/broken_rules.h"

namespace objectstore::testing {

namespace {

// The memory store's rows by other rules. Applied at once, like the store itself.
class BrokenRows final : public RowStore {
 public:
  BrokenRows(BrokenRule rule, MemoryRowStore& rows) : rule_(rule), rows_(rows) {}

  Task<Result<Row>> read(std::string_view key, RowPart part) override {
    return rows_.read(key, part);
  }

  Task<Mutation> write_unless_redirect(std::string_view key, const RowState& state,
                                       const Stamp& stamp) override {
    auto written = co_await rows_.write_unless_redirect(key, state, stamp);
    forget_stamp(key, state, written);
    co_return written;
  }

  Task<Mutation> open_intent(std::string_view key, const AttemptId& attempt,
                             const IntentCondition& condition) override {
    auto relaxed = condition;
    if (rule_ == BrokenRule::intent_needs_row_as_read) {
      const auto row = rows_.cells(key);
      const auto* target = redirect_target(row.state);
      relaxed.stamp = row.stamp;
      relaxed.redirect = target == nullptr ? std::nullopt : std::optional(*target);
    }
    co_return co_await rows_.open_intent(key, attempt, relaxed);
  }

  Task<Mutation> commit(std::string_view key, const AttemptId& attempt, const RowState& state,
                        const Stamp& stamp) override {
    if (rule_ == BrokenRule::commit_needs_open_intent) reopen(key, attempt);
    const auto before = rows_.cells(key);
    auto committed = co_await rows_.commit(key, attempt, state, stamp);
    if (rule_ == BrokenRule::commit_clears_all_intents && committed.is_applied()) {
      rows_.edit(key, [&before](RowCells& row) { row.intents = before.intents; });
    }
    forget_stamp(key, state, committed);
    co_return committed;
  }

  Task<Result<FenceFound>> fence(std::string_view key, const AttemptId& attempt) override {
    if (rule_ == BrokenRule::fence_leaves_a_cell) {
      const auto row = rows_.cells(key);
      const auto intent = row.intents.find(attempt.id);
      const bool open = intent != row.intents.end() && intent->second.open;
      rows_.edit(key, [&attempt](RowCells& cells) { cells.intents.erase(attempt.id); });
      co_return open ? FenceFound::open : FenceFound::not_open;
    }
    co_return co_await rows_.fence(key, attempt);
  }

  Task<Mutation> bump(std::string_view key, const Row& as_read, WallTime deadline) override {
    if (rule_ == BrokenRule::bump_is_refused_after_deadline) {
      bool applied = false;
      rows_.edit(key, [&](RowCells& row) {
        // As of a time before any deadline.
        applied = apply_bump(row, as_read, deadline, 0);
      });
      co_return applied ? Mutation::applied() : Mutation::refused();
    }
    co_return co_await rows_.bump(key, as_read, deadline);
  }

 private:
  // Check-then-act, as in the draft design: whether the row is as it was is looked at by the
  // writer before, and what became of the intent by nobody.
  void reopen(std::string_view key, const AttemptId& attempt) {
    rows_.edit(key, [&attempt](RowCells& row) {
      const auto intent = row.intents.find(attempt.id);
      if (intent != row.intents.end()) intent->second.open = true;
    });
  }

  void forget_stamp(std::string_view key, const RowState& state, const Mutation& written) {
    if (rule_ != BrokenRule::delete_leaves_its_stamp || !written.is_applied()) return;
    if (!std::holds_alternative<AbsentRow>(state)) return;
    rows_.edit(key, [](RowCells& row) { row.stamp.reset(); });
  }

  BrokenRule rule_;
  MemoryRowStore& rows_;
};

}  // namespace

std::unique_ptr<RowStore> break_far_end(BrokenRule rule, SimBackends& backends) {
  if (follower_of(rule) != RuleFollower::row_store) return nullptr;
  return std::make_unique<BrokenRows>(rule, backends.rows);
}

}  // namespace objectstore::testing
