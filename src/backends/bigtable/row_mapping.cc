#include "backends/bigtable/row_mapping.h"

#include <fmt/format.h>

#include <array>

#include "backends/bigtable/cell_names.h"
#include "backends/bigtable/stamp_cell.h"

namespace objectstore::bigtable {

namespace {

// The cells that make a row's state, all of one family.
struct ObjectCells {
  std::string_view family;
  Cell* payload = nullptr;
  Cell* metadata = nullptr;
  Cell* redirect = nullptr;
  Cell* policy = nullptr;

  [[nodiscard]] bool collected_by_table() const { return family == collected_family; }
};

// ---- writing

// Metadata with the id of the write in front, so that the beginning of the cell identifies the
// write whatever its size.
std::string metadata_value(Metadata metadata, std::uint64_t size, const Stamp& stamp) {
  metadata.size = size;
  auto json = to_json(metadata);
  json.insert(1, "\"write\":\"" + stamp.id.str() + "\",");
  return json;
}

Cell cell(std::string_view family, std::string_view qualifier, std::int64_t time,
          std::string value) {
  return Cell{std::string(family), std::string(qualifier), time, std::move(value)};
}

std::vector<Cell> inline_cells(const InlineRow& row, const Stamp& stamp) {
  const auto& expires = row.metadata.time_expires;
  const auto family = expires ? collected_family : kept_family;
  const auto time = expires ? cell_time(*expires) : server_time;
  std::vector<Cell> cells;
  cells.push_back(cell(family, payload_column, time, std::string(row.payload.view())));
  cells.push_back(
      cell(family, metadata_column, time, metadata_value(row.metadata, row.payload.size(), stamp)));
  return cells;
}

// ---- reading

class RowDecoder {
 public:
  RowDecoder(TableRow& row, RowPart part, WallTime now) : row_(row), part_(part), now_(now) {}

  Result<DecodedRow> decode() {
    TRY(sort_cells());
    if (object_.redirect != nullptr) {
      TRY(read_redirect());
    } else if (object_.metadata != nullptr && is_legacy_redirect(object_.metadata->value)) {
      TRY(read_legacy_redirect());
    } else if (is_left_over()) {
      // What the table has not collected yet of an expired row.
    } else if (object_.metadata != nullptr || object_.payload != nullptr) {
      TRY(read_inline());
    } else if (object_.policy != nullptr) {
      return corrupt("a redirect's policy without the redirect");
    }
    return std::move(decoded_);
  }

 private:
  [[nodiscard]] Error corrupt(std::string_view why) const {
    return Error(ErrorCode::corrupt,
                 fmt::format("row {} can't be read: {}", printable_key(row_.key), why));
  }
  [[nodiscard]] Error corrupt(std::string_view what, const Error& why) const {
    return corrupt(fmt::format("{}: {}", what, why.describe()));
  }

  [[nodiscard]] static bool is_legacy_redirect(std::string_view metadata) {
    if (!metadata.starts_with(legacy_redirect_prefix)) return false;
    metadata.remove_prefix(legacy_redirect_prefix.size());
    return metadata.starts_with(',') || metadata.starts_with('}');
  }

  Result<void> sort_cells() {
    const Cell* before = nullptr;
    for (auto& cell : row_.cells) {
      // The newest version comes first, and no other counts.
      const bool older =
          before != nullptr && before->family == cell.family && before->qualifier == cell.qualifier;
      before = &cell;
      if (older) continue;
      if (cell.family == intent_family) {
        TRY(read_intent_family(cell));
      } else if (cell.family == collected_family || cell.family == kept_family) {
        TRY(sort_object_cell(cell));
      }
    }
    return {};
  }

  Result<void> sort_object_cell(Cell& cell) {
    const std::array<std::pair<std::string_view, Cell**>, 4> columns{{
        {payload_column, &object_.payload},
        {metadata_column, &object_.metadata},
        {redirect_column, &object_.redirect},
        {policy_column, &object_.policy},
    }};
    for (const auto& [qualifier, place] : columns) {
      if (cell.qualifier != qualifier) continue;
      if (!object_.family.empty() && object_.family != cell.family) {
        return corrupt("its cells lie in two families");
      }
      object_.family = cell.family;
      *place = &cell;
    }
    return {};
  }

  Result<void> read_intent_family(const Cell& cell) {
    auto& cells = decoded_.cells;
    if (cell.qualifier == stamp_column) {
      cells.stamp = decode_stamp(cell.value);
      if (!cells.stamp) return corrupt("its stamp is none");
      cells.stamp_written_ms = cell_ms(cell.time_us);
    } else if (const auto attempt = Uuid::parse(cell.qualifier);
               attempt && attempt->str() == cell.qualifier) {
      // As predicates see it: whatever is not `open` can't commit.
      cells.intents[*attempt] = IntentCell{cell_ms(cell.time_us), cell.value == open_intent};
    }
    return {};
  }

  Result<void> read_redirect() {
    const auto& path = object_.redirect->value;
    decoded_.redirect_form = path.empty() ? RedirectForm::empty_target : RedirectForm::current;
    RedirectRow redirect{Revision::unnumbered(row_.key), ExpirationPolicy(), std::nullopt};
    if (!path.empty() && path != row_.key) {
      auto target = Revision::parse(path);
      if (!target || target->object_path() != row_.key) return corrupt("corrupt redirect path");
      redirect.target = *std::move(target);
    }
    if (object_.policy != nullptr) {
      auto policy = redirect_policy_from_json(object_.policy->value);
      if (!policy.ok()) return corrupt("corrupt redirect policy", policy.error());
      redirect.policy = *policy;
    } else if (object_.collected_by_table()) {
      // Rows of this family have a deadline, so a policy; a part of the row may be collected.
      redirect.policy.kind = ExpirationKind::time_to_live;
    }
    const bool swept = redirect.policy.kind != ExpirationKind::manual;
    if (object_.collected_by_table() || swept) {
      redirect.deadline = wall_time(object_.redirect->time_us);
    }
    decoded_.cells.state = std::move(redirect);
    return {};
  }

  Result<void> read_legacy_redirect() {
    decoded_.redirect_form = RedirectForm::in_metadata;
    auto policy = redirect_policy_from_json(object_.metadata->value);
    if (!policy.ok()) return corrupt("corrupt redirect policy", policy.error());
    RedirectRow redirect{Revision::unnumbered(row_.key), *policy, std::nullopt};
    if (object_.collected_by_table()) redirect.deadline = wall_time(object_.metadata->time_us);
    decoded_.cells.state = std::move(redirect);
    return {};
  }

  // The table collects the cells of a row one by one.
  [[nodiscard]] bool is_left_over() const {
    if (!object_.collected_by_table()) return false;
    std::array cells{object_.payload, object_.metadata, object_.policy};
    bool complete =
        object_.metadata != nullptr && (part_ == RowPart::metadata || object_.payload != nullptr);
    for (const auto* cell : cells) {
      if (cell != nullptr && wall_time(cell->time_us) >= now_) return false;
    }
    return !complete;
  }

  Result<void> read_inline() {
    InlineRow value;
    if (object_.metadata != nullptr) {
      auto metadata = metadata_from_json(object_.metadata->value);
      if (!metadata.ok()) return corrupt("corrupt metadata", metadata.error());
      value.metadata = std::move(*metadata);
    }
    value.metadata.time_expires.reset();
    if (object_.collected_by_table()) {
      const auto* dated = object_.metadata != nullptr ? object_.metadata : object_.payload;
      value.metadata.time_expires = wall_time(dated->time_us);
    }
    if (part_ == RowPart::everything) {
      const auto size = object_.payload == nullptr ? 0 : object_.payload->value.size();
      if (value.metadata.size.value_or(size) != size) {
        return corrupt(fmt::format("its payload has {} bytes, its metadata says {}", size,
                                   *value.metadata.size));
      }
      value.metadata.size = size;
      if (size > 0) value.payload = SharedBytes(std::move(object_.payload->value));
    }
    decoded_.cells.state = std::move(value);
    return {};
  }

  TableRow& row_;
  const RowPart part_;
  const WallTime now_;
  ObjectCells object_;
  DecodedRow decoded_;
};

}  // namespace

Result<DecodedRow> decode_row(TableRow row, RowPart part, WallTime now) {
  return RowDecoder(row, part, now).decode();
}

std::string_view expiring_family(ExpiringRedirects redirects) {
  return redirects == ExpiringRedirects::kept ? kept_family : collected_family;
}

std::vector<Cell> redirect_cells(const RedirectRow& redirect, ExpiringRedirects redirects) {
  // A policy is what tells that the time of a kept cell is a deadline.
  const bool expires = redirect.deadline || redirect.policy.kind != ExpirationKind::manual;
  const auto family = expires ? expiring_family(redirects) : kept_family;
  const auto time = expires ? cell_time(redirect.deadline.value_or(WallTime::max())) : server_time;
  std::vector<Cell> cells;
  cells.push_back(cell(family, redirect_column, time, redirect.target.path()));
  cells.push_back(cell(family, policy_column, time, redirect_policy_json(redirect.policy)));
  return cells;
}

std::vector<Cell> cells_of(const RowState& state, const Stamp& stamp, ExpiringRedirects redirects) {
  std::vector<Cell> cells;
  if (const auto* value = std::get_if<InlineRow>(&state)) cells = inline_cells(*value, stamp);
  if (const auto* redirect = std::get_if<RedirectRow>(&state)) {
    cells = redirect_cells(*redirect, redirects);
  }
  cells.push_back(cell(intent_family, stamp_column, server_time, encode_stamp(stamp)));
  return cells;
}

const Cell* find_cell(const TableRow& row, std::string_view family, std::string_view qualifier) {
  for (const auto& cell : row.cells) {
    if (cell.family == family && cell.qualifier == qualifier) return &cell;
  }
  return nullptr;
}

std::string printable_key(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c > 0x20 && c < 0x7f && c != '\\') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace objectstore::bigtable
