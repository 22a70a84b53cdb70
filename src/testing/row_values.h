// Rows, stamps and ids for tests, short to write.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "storage/row_store.h"

namespace objectstore {

inline void PrintTo(const Stamp& stamp, std::ostream* out) {
  *out << stamp.number << ':' << stamp.id.str();
}
inline void PrintTo(Mutation::Outcome outcome, std::ostream* out) {
  static constexpr const char* names[] = {"applied", "refused", "failed", "unknown"};
  *out << names[static_cast<int>(outcome)];
}
inline void PrintTo(FenceFound found, std::ostream* out) {
  *out << (found == FenceFound::open ? "open" : "not_open");
}
inline void PrintTo(const Uuid& id, std::ostream* out) {
  *out << id.str();
}

}  // namespace objectstore

namespace objectstore::testing {

inline constexpr std::uint64_t some_ms = 1'750'000'000'000;  // in the year 2025

// Distinct for every `number`.
inline Uuid uuid_of(std::uint64_t number, std::uint64_t ms = some_ms) {
  return Uuid::v7(ms, number, number);
}
inline AttemptId attempt_of(std::uint64_t number, std::uint64_t ms = some_ms) {
  return AttemptId{uuid_of(number, ms)};
}
inline Stamp stamp_of(std::uint64_t number, std::uint64_t id = 0) {
  return Stamp{number, uuid_of(id)};
}
inline Revision revision_of(const std::string& key, std::uint64_t number) {
  return Revision(key, uuid_of(number));
}

inline RowState inline_state(std::string payload, std::optional<WallTime> deadline = std::nullopt) {
  InlineRow row;
  if (deadline) row.metadata.expiration = ExpirationPolicy::parse("ttl:1h").value();
  row.metadata.time_expires = deadline;
  row.payload = SharedBytes(std::move(payload));
  return row;
}
inline RowState redirect_state(const std::string& key, std::uint64_t number,
                               std::optional<WallTime> deadline = std::nullopt) {
  ExpirationPolicy policy;
  if (deadline) policy = ExpirationPolicy::parse("ttl:1h").value();
  return RedirectRow{revision_of(key, number), policy, deadline};
}

// "absent", "inline <payload>" or "redirect <uuid>", for comparing.
inline std::string text_of(const RowState& state) {
  if (const auto* value = std::get_if<InlineRow>(&state)) {
    return "inline " + std::string(value->payload.view());
  }
  if (const auto* target = redirect_target(state)) return "redirect " + target->path();
  return "absent";
}

}  // namespace objectstore::testing
