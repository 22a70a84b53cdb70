// What every row store does, whatever lies below: the rules of storage/row_store.h and of the
// change protocol. Instantiate RowStoreConformance with one RowStoreCase a backend.
#pragma once

#include "testing/row_store_conformance_fixture.h"

namespace objectstore::testing {

TEST_P(RowStoreConformance, a_row_never_written_is_absent_without_a_stamp) {
  const auto row = read();
  EXPECT_EQ(text_of(row.state), "absent");
  EXPECT_FALSE(row.stamp.has_value());
}

TEST_P(RowStoreConformance, a_small_put_is_read_back_whole) {
  InlineRow value;
  value.metadata.expiration = ExpirationPolicy::parse("tti:2h").value();
  value.metadata.time_created = from_unix_ms(some_ms) + std::chrono::nanoseconds(7);
  value.metadata.time_expires = from_unix_ms(some_ms) + std::chrono::hours(2);
  value.metadata.content_type = "text/plain";
  value.metadata.compression = Compression::zstd;
  value.metadata.origin = "203.0.113.7";
  value.metadata.filename = "a \"file\".txt";
  value.metadata.custom = {{"a", "1"}, {"empty", ""}};
  value.payload = SharedBytes(std::string("\0bytes\xff", 7));
  ASSERT_EQ(write(value, stamp_of(5)), Outcome::applied);
  const auto row = read();
  EXPECT_EQ(row.stamp, stamp_of(5));
  value.metadata.size = 7;
  ASSERT_TRUE(std::holds_alternative<InlineRow>(row.state));
  EXPECT_EQ(std::get<InlineRow>(row.state), value);
}

TEST_P(RowStoreConformance, an_empty_payload_is_a_payload) {
  ASSERT_EQ(put("", stamp_of(1)), Outcome::applied);
  const auto row = read();
  ASSERT_TRUE(std::holds_alternative<InlineRow>(row.state));
  EXPECT_EQ(std::get<InlineRow>(row.state).metadata.size, 0U);
}

TEST_P(RowStoreConformance, metadata_reads_carry_the_size_and_no_payload) {
  ASSERT_EQ(put("payload", stamp_of(1)), Outcome::applied);
  const auto row = read(key_, RowPart::metadata);
  ASSERT_TRUE(std::holds_alternative<InlineRow>(row.state));
  EXPECT_EQ(std::get<InlineRow>(row.state).payload.size(), 0U);
  EXPECT_EQ(std::get<InlineRow>(row.state).metadata.size, 7U);
  EXPECT_EQ(row.stamp, stamp_of(1));
}

TEST_P(RowStoreConformance, rows_do_not_touch_each_other) {
  ASSERT_EQ(put("one", stamp_of(1)), Outcome::applied);
  const auto first = std::exchange(key_, key_ + "/deeper");
  ASSERT_EQ(put("two", stamp_of(1)), Outcome::applied);
  ASSERT_EQ(remove(stamp_of(2)), Outcome::applied);
  EXPECT_EQ(text_of(read(first).state), "inline one");
  EXPECT_EQ(state(), "absent");
}

TEST_P(RowStoreConformance, payloads_held_by_a_reader_survive_the_overwrite) {
  ASSERT_EQ(put("first", stamp_of(1)), Outcome::applied);
  const auto row = read();
  ASSERT_EQ(put("second", stamp_of(2)), Outcome::applied);
  ASSERT_EQ(remove(stamp_of(3)), Outcome::applied);
  EXPECT_EQ(text_of(row.state), "inline first");
}

TEST_P(RowStoreConformance, stamps_only_grow) {
  struct Case {
    Stamp stamp;
    Outcome outcome;
  };
  ASSERT_EQ(put("base", stamp_of(10, 5)), Outcome::applied);
  for (const auto& [stamp, outcome] : {
           Case{stamp_of(9, 9), Outcome::refused},
           Case{stamp_of(10, 4), Outcome::refused},
           Case{stamp_of(10, 5), Outcome::refused},
           Case{stamp_of(10, 6), Outcome::applied},
           Case{stamp_of(11, 0), Outcome::applied},
           Case{stamp_of(10, 9), Outcome::refused},
       }) {
    const auto before = read().stamp;
    EXPECT_EQ(put("next", stamp), outcome) << stamp.number;
    EXPECT_EQ(read().stamp, outcome == Outcome::applied ? stamp : before);
  }
}

TEST_P(RowStoreConformance, late_duplicate_of_a_put_is_refused_after_a_newer_put) {
  ASSERT_EQ(put("old", stamp_of(1)), Outcome::applied);
  ASSERT_EQ(put("new", stamp_of(2)), Outcome::applied);
  EXPECT_EQ(put("old", stamp_of(1)), Outcome::refused);
  EXPECT_EQ(state(), "inline new");
}

TEST_P(RowStoreConformance, late_duplicate_of_a_put_does_not_revive_a_deleted_row) {
  ASSERT_EQ(put("old", stamp_of(1)), Outcome::applied);
  ASSERT_EQ(remove(stamp_of(2)), Outcome::applied);
  EXPECT_EQ(put("old", stamp_of(1)), Outcome::refused);
  EXPECT_EQ(state(), "absent");
  EXPECT_EQ(read().stamp, stamp_of(2));
}

TEST_P(RowStoreConformance, the_same_request_twice_is_refused_and_shows_its_own_stamp) {
  ASSERT_EQ(put("once", stamp_of(1)), Outcome::applied);
  EXPECT_EQ(put("once", stamp_of(1)), Outcome::refused);
  EXPECT_EQ(read().stamp, stamp_of(1));
}

TEST_P(RowStoreConformance, deleting_an_absent_row_leaves_a_stamp) {
  ASSERT_EQ(remove(stamp_of(3)), Outcome::applied);
  EXPECT_EQ(read().stamp, stamp_of(3));
  EXPECT_EQ(put("late", stamp_of(2)), Outcome::refused);
}

TEST_P(RowStoreConformance, small_writes_are_refused_on_redirects) {
  make_redirect(1, stamp_of(10));
  EXPECT_EQ(put("small", stamp_of(20)), Outcome::refused);
  EXPECT_EQ(remove(stamp_of(20)), Outcome::refused);
  EXPECT_EQ(state(), text_of(redirect_state(key_, 1)));
  EXPECT_EQ(read().stamp, stamp_of(10));
}

TEST_P(RowStoreConformance, small_writes_are_refused_on_expired_redirects) {
  make_redirect(1, stamp_of(10), clock_.now() - std::chrono::hours(1));
  EXPECT_EQ(put("small", stamp_of(20)), Outcome::refused);
  EXPECT_EQ(remove(stamp_of(20)), Outcome::refused);
  EXPECT_EQ(state(), text_of(redirect_state(key_, 1)));
}

TEST_P(RowStoreConformance, expired_rows_are_read_raw) {
  const auto past = clock_.now() - std::chrono::hours(1);
  ASSERT_EQ(write(inline_state("expired", past), stamp_of(1)), Outcome::applied);
  EXPECT_EQ(state(), "inline expired");
}

TEST_P(RowStoreConformance, intents_need_what_was_read) {
  struct Case {
    const char* name;
    IntentCondition condition;
    Outcome outcome;
    bool possible = true;
  };
  const auto deadline = clock_.now() + std::chrono::hours(1);
  make_redirect(1, stamp_of(10), deadline);
  const auto with = [&](std::optional<Stamp> stamp, std::optional<Revision> target,
                        std::optional<WallTime> until) {
    IntentCondition condition;
    condition.stamp = stamp;
    condition.redirect = std::move(target);
    condition.deadline = until;
    return condition;
  };
  const auto here = revision_of(key_, 1);
  const auto off = deadline + std::chrono::nanoseconds(1);
  const Case cases[] = {
      {"older stamp", with(stamp_of(9), here, deadline), Outcome::refused, false},
      {"newer stamp", with(stamp_of(11), here, deadline), Outcome::refused, false},
      {"another stamp's id", with(stamp_of(10, 1), here, deadline), Outcome::refused, false},
      {"no stamp was read", with(std::nullopt, here, deadline), Outcome::refused, false},
      {"another redirect", with(stamp_of(10), revision_of(key_, 2), deadline), Outcome::refused},
      {"no redirect was read", with(stamp_of(10), std::nullopt, deadline), Outcome::refused},
      {"another deadline", with(stamp_of(10), here, off), Outcome::refused},
      {"any deadline", with(stamp_of(10), here, std::nullopt), Outcome::applied},
      {"all of it", with(stamp_of(10), here, deadline), Outcome::applied},
  };
  std::uint64_t number = 0;
  for (const auto& [name, condition, outcome, possible] : cases) {
    if (!possible && !GetParam().judges_impossible_conditions) continue;
    const auto attempt = attempt_of(++number);
    EXPECT_EQ(intent(attempt, condition), outcome) << name;
    EXPECT_EQ(fence(attempt), outcome == Outcome::applied ? FenceFound::open : FenceFound::not_open)
        << name;
  }
}

TEST_P(RowStoreConformance, intents_on_rows_that_are_no_redirects) {
  EXPECT_EQ(intent(attempt_of(1), IntentCondition()), Outcome::applied) << "never written";
  EXPECT_EQ(intent(attempt_of(2), redirect_condition(1, stamp_of(1))), Outcome::refused);
  ASSERT_EQ(put("inline", stamp_of(1)), Outcome::applied);
  EXPECT_EQ(intent(attempt_of(3), stamp_condition(stamp_of(1))), Outcome::applied);
  EXPECT_EQ(intent(attempt_of(4), redirect_condition(1, stamp_of(1))), Outcome::refused);
  ASSERT_EQ(remove(stamp_of(2)), Outcome::applied);
  EXPECT_EQ(intent(attempt_of(5), stamp_condition(stamp_of(2))), Outcome::applied);
  EXPECT_EQ(intent(attempt_of(6), stamp_condition(stamp_of(1))), Outcome::refused);
}

TEST_P(RowStoreConformance, a_stamp_that_is_missing_is_no_difference) {
  EXPECT_EQ(intent(attempt_of(1), stamp_condition(stamp_of(7))), Outcome::applied);
  EXPECT_EQ(commit(attempt_of(1), inline_state("new"), stamp_of(8)), Outcome::applied);
}

TEST_P(RowStoreConformance, an_open_intent_changes_neither_state_nor_stamp) {
  ASSERT_EQ(put("payload", stamp_of(1)), Outcome::applied);
  ASSERT_EQ(intent(attempt_of(1), stamp_condition(stamp_of(1))), Outcome::applied);
  EXPECT_EQ(state(), "inline payload");
  EXPECT_EQ(read().stamp, stamp_of(1));
}

TEST_P(RowStoreConformance, commits_need_their_own_open_intent) {
  ASSERT_EQ(put("payload", stamp_of(1)), Outcome::applied);
  ASSERT_EQ(intent(attempt_of(1), stamp_condition(stamp_of(1))), Outcome::applied);
  EXPECT_EQ(commit(attempt_of(2), inline_state("theirs"), stamp_of(2)), Outcome::refused);
  EXPECT_EQ(state(), "inline payload");
  EXPECT_EQ(commit(attempt_of(1), redirect_state(key_, 1), stamp_of(2)), Outcome::applied);
  EXPECT_EQ(state(), text_of(redirect_state(key_, 1)));
  EXPECT_EQ(read().stamp, stamp_of(2));
}

TEST_P(RowStoreConformance, commits_write_every_state) {
  const RowState states[] = {redirect_state(key_, 1), redirect_state(key_, 2, clock_.now()),
                             inline_state("inline"), AbsentRow{}};
  std::uint64_t number = 0;
  std::optional<Revision> target;
  for (const auto& next : states) {
    ++number;
    IntentCondition condition;
    condition.stamp = read().stamp;
    condition.redirect = target;
    ASSERT_EQ(intent(attempt_of(number), condition), Outcome::applied) << number;
    ASSERT_EQ(commit(attempt_of(number), next, stamp_of(number)), Outcome::applied) << number;
    const auto row = read();
    EXPECT_EQ(text_of(row.state), text_of(next));
    EXPECT_EQ(row.stamp, stamp_of(number));
    target.reset();
    if (const auto* redirect = std::get_if<RedirectRow>(&row.state)) {
      EXPECT_EQ(*redirect, std::get<RedirectRow>(next));
      target = redirect->target;
    }
  }
}

TEST_P(RowStoreConformance, a_commit_clears_every_other_intent) {
  for (std::uint64_t number : {1, 2, 3}) {
    ASSERT_EQ(intent(attempt_of(number), IntentCondition()), Outcome::applied);
  }
  ASSERT_EQ(commit(attempt_of(2), inline_state("two"), stamp_of(2)), Outcome::applied);
  for (std::uint64_t number : {1, 2, 3}) {
    EXPECT_EQ(commit(attempt_of(number), inline_state("again"), stamp_of(9)), Outcome::refused);
    EXPECT_EQ(fence(attempt_of(number)), FenceFound::not_open);
  }
  EXPECT_EQ(state(), "inline two");
}

TEST_P(RowStoreConformance, a_small_write_clears_every_intent) {
  ASSERT_EQ(intent(attempt_of(1), IntentCondition()), Outcome::applied);
  ASSERT_EQ(put("small", stamp_of(1)), Outcome::applied);
  EXPECT_EQ(commit(attempt_of(1), redirect_state(key_, 1), stamp_of(2)), Outcome::refused);
  EXPECT_EQ(fence(attempt_of(1)), FenceFound::not_open);
}

TEST_P(RowStoreConformance, a_refused_small_write_leaves_intents_alone) {
  ASSERT_EQ(put("small", stamp_of(5)), Outcome::applied);
  ASSERT_EQ(intent(attempt_of(1), stamp_condition(stamp_of(5))), Outcome::applied);
  ASSERT_EQ(put("late", stamp_of(4)), Outcome::refused);
  EXPECT_EQ(commit(attempt_of(1), redirect_state(key_, 1), stamp_of(6)), Outcome::applied);
}

TEST_P(RowStoreConformance, a_fence_refuses_the_commit_and_no_other) {
  ASSERT_EQ(intent(attempt_of(1), IntentCondition()), Outcome::applied);
  ASSERT_EQ(intent(attempt_of(2), IntentCondition()), Outcome::applied);
  EXPECT_EQ(fence(attempt_of(1)), FenceFound::open);
  EXPECT_EQ(commit(attempt_of(1), inline_state("one"), stamp_of(1)), Outcome::refused);
  EXPECT_EQ(state(), "absent");
  EXPECT_EQ(commit(attempt_of(2), inline_state("two"), stamp_of(1)), Outcome::applied);
}

TEST_P(RowStoreConformance, a_fence_is_idempotent) {
  ASSERT_EQ(intent(attempt_of(1), IntentCondition()), Outcome::applied);
  EXPECT_EQ(fence(attempt_of(1)), FenceFound::open);
  EXPECT_EQ(fence(attempt_of(1)), FenceFound::not_open);
  EXPECT_EQ(fence(attempt_of(1)), FenceFound::not_open);
  EXPECT_EQ(commit(attempt_of(1), inline_state("one"), stamp_of(1)), Outcome::refused);
}

TEST_P(RowStoreConformance, an_intent_after_its_fence_stays_invisible) {
  EXPECT_EQ(fence(attempt_of(1)), FenceFound::not_open);
  // Delivered late: the condition holds, yet the newest version of the cell wins.
  (void)intent(attempt_of(1), IntentCondition());
  EXPECT_EQ(commit(attempt_of(1), inline_state("late"), stamp_of(1)), Outcome::refused);
  EXPECT_EQ(fence(attempt_of(1)), FenceFound::not_open);
  EXPECT_EQ(state(), "absent");
}

TEST_P(RowStoreConformance, a_second_delivery_of_an_intent_does_not_lift_the_fence) {
  ASSERT_EQ(intent(attempt_of(1), IntentCondition()), Outcome::applied);
  ASSERT_EQ(fence(attempt_of(1)), FenceFound::open);
  (void)intent(attempt_of(1), IntentCondition());
  EXPECT_EQ(commit(attempt_of(1), inline_state("late"), stamp_of(1)), Outcome::refused);
}

TEST_P(RowStoreConformance, a_second_delivery_of_an_intent_changes_nothing) {
  ASSERT_EQ(intent(attempt_of(1), IntentCondition()), Outcome::applied);
  ASSERT_EQ(intent(attempt_of(1), IntentCondition()), Outcome::applied);
  EXPECT_EQ(commit(attempt_of(1), inline_state("one"), stamp_of(1)), Outcome::applied);
  // And one that comes after the commit meets another stamp.
  EXPECT_EQ(intent(attempt_of(1), IntentCondition()), Outcome::refused);
}

TEST_P(RowStoreConformance, a_fence_after_the_commit_finds_nothing_open) {
  ASSERT_EQ(intent(attempt_of(1), IntentCondition()), Outcome::applied);
  ASSERT_EQ(commit(attempt_of(1), redirect_state(key_, 1), stamp_of(1)), Outcome::applied);
  EXPECT_EQ(fence(attempt_of(1)), FenceFound::not_open);
  EXPECT_EQ(state(), text_of(redirect_state(key_, 1)));
  EXPECT_EQ(read().stamp, stamp_of(1));
}

TEST_P(RowStoreConformance, a_fence_leaves_state_and_stamp) {
  ASSERT_EQ(put("payload", stamp_of(1)), Outcome::applied);
  EXPECT_EQ(fence(attempt_of(1)), FenceFound::not_open);
  EXPECT_EQ(state(), "inline payload");
  EXPECT_EQ(read().stamp, stamp_of(1));
}

TEST_P(RowStoreConformance, a_bump_moves_the_deadline_alone) {
  const auto deadline = clock_.now() + std::chrono::hours(1);
  const auto later = deadline + std::chrono::hours(1);
  ASSERT_EQ(write(inline_state("payload", deadline), stamp_of(1)), Outcome::applied);
  ASSERT_EQ(intent(attempt_of(1), stamp_condition(stamp_of(1))), Outcome::applied);
  ASSERT_EQ(bump(read(key_, RowPart::metadata), later), Outcome::applied);
  const auto row = read();
  EXPECT_EQ(text_of(row.state), "inline payload");
  EXPECT_EQ(std::get<InlineRow>(row.state).metadata.time_expires, later);
  EXPECT_EQ(row.stamp, stamp_of(1));
  EXPECT_EQ(commit(attempt_of(1), redirect_state(key_, 1, deadline), stamp_of(2)),
            Outcome::applied);
  ASSERT_EQ(bump(read(), later), Outcome::applied);
  EXPECT_EQ(std::get<RedirectRow>(read().state).deadline, later);
  EXPECT_EQ(read().stamp, stamp_of(2));
}

TEST_P(RowStoreConformance, a_bump_needs_the_exact_state_that_was_read) {
  const auto deadline = clock_.now() + std::chrono::hours(1);
  const auto later = deadline + std::chrono::hours(1);
  ASSERT_EQ(write(inline_state("one", deadline), stamp_of(1)), Outcome::applied);
  const auto first = read();
  ASSERT_EQ(bump(first, later), Outcome::applied);
  EXPECT_EQ(bump(first, later + std::chrono::hours(1)), Outcome::refused) << "bumped since";
  ASSERT_EQ(write(inline_state("two", deadline), stamp_of(2)), Outcome::applied);
  EXPECT_EQ(bump(first, later), Outcome::refused) << "overwritten since";
  const auto second = read();
  make_redirect(1, stamp_of(3), deadline);
  EXPECT_EQ(bump(second, later), Outcome::refused) << "a redirect since";
  const auto third = read();
  make_redirect(2, stamp_of(4), deadline);
  EXPECT_EQ(bump(third, later), Outcome::refused) << "another redirect since";
  const auto fourth = read();
  ASSERT_EQ(intent(attempt_of(1), redirect_condition(2, stamp_of(4))), Outcome::applied);
  ASSERT_EQ(commit(attempt_of(1), AbsentRow{}, stamp_of(5)), Outcome::applied);
  EXPECT_EQ(bump(fourth, later), Outcome::refused) << "deleted since";
  EXPECT_EQ(state(), "absent");
}

TEST_P(RowStoreConformance, stamps_of_deleted_rows_are_kept_for_a_week_at_least) {
  ASSERT_EQ(remove(stamp_of(5)), Outcome::applied);
  clock_.advance(std::chrono::hours(7 * 24));
  EXPECT_EQ(put("late", stamp_of(4)), Outcome::refused);
}

TEST_P(RowStoreConformance, a_sweep_collects_inline_rows_and_keeps_their_stamps) {
  auto* sweeper = store_->sweeper();
  if (sweeper == nullptr) GTEST_SKIP() << "the store collects rows by itself";
  if (!GetParam().sweeps_inline_rows) GTEST_SKIP() << "the store collects inline rows by itself";
  const auto deadline = clock_.now();
  ASSERT_EQ(write(inline_state("expired", deadline), stamp_of(5)), Outcome::applied);
  auto swept = run(sweeper->sweep(deadline, "", 10));
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(swept->collected, 0U) << "not before its deadline is past";
  ASSERT_EQ(intent(attempt_of(1), stamp_condition(stamp_of(5))), Outcome::applied);
  swept = run(sweeper->sweep(deadline + std::chrono::nanoseconds(1), "", 10));
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(swept->collected, 1U);
  EXPECT_TRUE(swept->redirects.empty());
  EXPECT_EQ(swept->next, "");
  EXPECT_EQ(state(), "absent");
  EXPECT_EQ(read().stamp, stamp_of(5));
  EXPECT_EQ(put("late", stamp_of(4)), Outcome::refused);
  EXPECT_EQ(commit(attempt_of(1), inline_state("on time"), stamp_of(6)), Outcome::applied);
}

TEST_P(RowStoreConformance, a_sweep_returns_redirects_and_leaves_them) {
  auto* sweeper = store_->sweeper();
  if (sweeper == nullptr) GTEST_SKIP() << "the store collects rows by itself";
  const auto deadline = clock_.now();
  make_redirect(1, stamp_of(5), deadline);
  for (int i = 0; i < 2; ++i) {
    const auto swept = run(sweeper->sweep(deadline + std::chrono::seconds(1), "", 10));
    ASSERT_TRUE(swept.ok());
    EXPECT_EQ(swept->collected, 0U);
    ASSERT_EQ(swept->redirects.size(), 1U);
    EXPECT_EQ(swept->redirects[0].key, key_);
    EXPECT_EQ(swept->redirects[0].row.state, redirect_state(key_, 1, deadline));
    EXPECT_EQ(swept->redirects[0].row.stamp, stamp_of(5));
  }
  EXPECT_EQ(state(), text_of(redirect_state(key_, 1)));
}

TEST_P(RowStoreConformance, a_sweep_follows_bumps_overwrites_and_deletes) {
  auto* sweeper = store_->sweeper();
  if (sweeper == nullptr) GTEST_SKIP() << "the store collects rows by itself";
  if (!GetParam().sweeps_inline_rows) GTEST_SKIP() << "the store collects inline rows by itself";
  const auto deadline = clock_.now() + std::chrono::hours(1);
  const auto later = deadline + std::chrono::hours(1);
  ASSERT_EQ(write(inline_state("bumped", deadline), stamp_of(1)), Outcome::applied);
  ASSERT_EQ(bump(read(), later), Outcome::applied);
  const auto bumped = std::exchange(key_, key_ + "2");
  ASSERT_EQ(write(inline_state("old", deadline), stamp_of(1)), Outcome::applied);
  ASSERT_EQ(put("without a deadline", stamp_of(2)), Outcome::applied);
  const auto overwritten = std::exchange(key_, key_ + "3");
  ASSERT_EQ(write(inline_state("deleted", deadline), stamp_of(1)), Outcome::applied);
  ASSERT_EQ(remove(stamp_of(2)), Outcome::applied);
  const auto swept = run(sweeper->sweep(deadline + std::chrono::seconds(1), "", 10));
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(swept->collected, 0U);
  const auto last = run(sweeper->sweep(later + std::chrono::seconds(1), "", 10));
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->collected, 1U);
  EXPECT_EQ(text_of(read(bumped).state), "absent");
  EXPECT_EQ(text_of(read(overwritten).state), "inline without a deadline");
}

TEST_P(RowStoreConformance, a_sweep_says_when_there_is_more) {
  auto* sweeper = store_->sweeper();
  if (sweeper == nullptr) GTEST_SKIP() << "the store collects rows by itself";
  if (!GetParam().sweeps_inline_rows) GTEST_SKIP() << "the store collects inline rows by itself";
  const auto base = key_;
  for (int i = 0; i < 5; ++i) {
    key_ = base + std::to_string(i);
    ASSERT_EQ(write(inline_state("expired", clock_.now()), stamp_of(1)), Outcome::applied);
  }
  const auto now = clock_.now() + std::chrono::seconds(1);
  std::size_t collected = 0;
  std::size_t sweeps = 0;
  std::string from;
  do {
    const auto swept = run(sweeper->sweep(now, from, 2));
    ASSERT_TRUE(swept.ok());
    EXPECT_LE(swept->collected, 2U);
    collected += swept->collected;
    from = swept->next;
    ++sweeps;
  } while (!from.empty() && sweeps < 10);
  EXPECT_EQ(collected, 5U);
  EXPECT_GE(sweeps, 3U);
  EXPECT_TRUE(run(sweeper->reclaim()).ok());
}

TEST_P(RowStoreConformance, rows_that_can_not_be_removed_hide_no_others_from_a_sweep) {
  auto* sweeper = store_->sweeper();
  if (sweeper == nullptr) GTEST_SKIP() << "the store collects rows by itself";
  if (!GetParam().sweeps_inline_rows) GTEST_SKIP() << "the store collects inline rows by itself";
  const auto base = key_;
  const auto deadline = clock_.now();
  for (int i = 0; i < 3; ++i) {
    key_ = base + std::to_string(i);
    make_redirect(1, stamp_of(5), deadline);
  }
  key_ = base + "9";
  ASSERT_EQ(write(inline_state("expired", deadline), stamp_of(1)), Outcome::applied);
  std::size_t collected = 0;
  std::string from;
  for (int sweeps = 0; sweeps < 5; ++sweeps) {
    const auto swept = run(sweeper->sweep(deadline + std::chrono::seconds(1), from, 1));
    ASSERT_TRUE(swept.ok());
    collected += swept->collected;
    from = swept->next;
  }
  EXPECT_EQ(collected, 1U);
}

TEST_P(RowStoreConformance, sweeps_of_redirects_go_on_where_the_last_one_stopped) {
  auto* sweeper = store_->sweeper();
  if (sweeper == nullptr) GTEST_SKIP() << "the store collects rows by itself";
  const auto base = key_;
  const auto deadline = clock_.now();
  for (int i = 0; i < 5; ++i) {
    key_ = base + std::to_string(i);
    make_redirect(1, stamp_of(5), i == 3 ? deadline + std::chrono::hours(1) : deadline);
  }
  key_ = base + "9";
  make_redirect(1, stamp_of(5));
  std::vector<std::string> found;
  std::string from;
  std::size_t sweeps = 0;
  do {
    const auto swept = run(sweeper->sweep(deadline + std::chrono::seconds(1), from, 2));
    ASSERT_TRUE(swept.ok());
    EXPECT_LE(swept->redirects.size(), 2U);
    for (const auto& redirect : swept->redirects)
      found.push_back(redirect.key);
    from = swept->next;
  } while (!from.empty() && ++sweeps < 10);
  EXPECT_EQ(found, (std::vector<std::string>{base + "0", base + "1", base + "2", base + "4"}));
}

TEST_P(RowStoreConformance, a_sweep_leaves_redirects_that_are_being_overwritten) {
  auto* sweeper = store_->sweeper();
  if (sweeper == nullptr) GTEST_SKIP() << "the store collects rows by itself";
  const auto deadline = clock_.now();
  make_redirect(1, stamp_of(5), deadline);
  const auto now = deadline + std::chrono::seconds(1);
  const auto attempt = attempt_of(1, unix_ms(deadline));
  ASSERT_EQ(intent(attempt, redirect_condition(1, stamp_of(5))), Outcome::applied);
  auto swept = run(sweeper->sweep(now, "", 10));
  ASSERT_TRUE(swept.ok());
  EXPECT_TRUE(swept->redirects.empty());
  swept = run(sweeper->sweep(now + std::chrono::hours(1), "", 10));
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(swept->redirects.size(), 1U) << "whoever wrote it is long gone";
  EXPECT_EQ(fence(attempt), FenceFound::open);
  swept = run(sweeper->sweep(now, "", 10));
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(swept->redirects.size(), 1U);
}

TEST_P(RowStoreConformance, a_bump_comes_too_late_once_the_deadline_has_passed) {
  const auto deadline = clock_.now();
  make_redirect(1, stamp_of(5), deadline);
  const auto as_read = read(key_);
  clock_.advance(std::chrono::milliseconds(2));
  // A sweep may have opened its intent by now, on the strength of this deadline.
  EXPECT_EQ(bump(as_read, deadline + std::chrono::hours(1)), Outcome::refused);
}

}  // namespace objectstore::testing
