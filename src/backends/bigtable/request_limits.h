// What Bigtable would refuse, refused before it is sent.
// https://cloud.google.com/bigtable/quotas#limits-data-size
#pragma once

#include <google/bigtable/v2/bigtable.pb.h>

#include <string_view>

#include "backends/bigtable/table_client.h"

namespace objectstore::bigtable {

inline constexpr std::size_t longest_row_key = 4096;
inline constexpr std::size_t longest_cell = 100 << 20;
inline constexpr std::size_t longest_qualifier = 16 << 10;
inline constexpr int most_mutations = 100'000;  // of a request
// A request to one row as a whole; Bigtable's limit is 256 MiB.
inline constexpr std::size_t longest_request = 255 << 20;

using MutationList = google::protobuf::RepeatedPtrField<wire::Mutation>;

// Errors: invalid_argument, payload_too_large.
[[nodiscard]] Result<void> check_row_key(std::string_view key);
[[nodiscard]] Result<void> check_mutations(const MutationList& mutations);
[[nodiscard]] Result<void> check_row(std::string_view key, const MutationList& mutations);

}  // namespace objectstore::bigtable
