// The stream of ReadRows: what a server that keeps to the protocol says in any of its ways is
// understood as it was meant, and of any other nothing but whole rows in order comes out.
#include "backends/bigtable/row_merger.h"

#include <set>

#include "fuzz.h"

namespace objectstore::bigtable {
namespace {

using Chunk = wire::ReadRowsResponse::CellChunk;

void check_rows(const std::vector<TableRow>& rows) {
  const std::string* last = nullptr;
  for (const auto& row : rows) {
    FUZZ_CHECK(!row.key.empty() && !row.cells.empty());
    FUZZ_CHECK(last == nullptr || *last < row.key);
    last = &row.key;
  }
}

// Messages with their lengths, from anybody.
void feed_anything(std::string_view input) {
  constexpr std::size_t limit = 4096;
  fuzz::Input in(input);
  RowMerger merger({}, limit);
  std::vector<TableRow> rows;
  while (!in.empty()) {
    wire::ReadRowsResponse response;
    const auto text = in.text();
    if (!response.ParseFromArray(text.data(), static_cast<int>(text.size()))) break;
    const auto result = merger.feed(response, rows);
    FUZZ_CHECK(rows.empty() || rows.back().key <= merger.last_key());
    if (result.ok()) continue;
    FUZZ_CHECK(result.error().code() == ErrorCode::corrupt);
    break;
  }
  check_rows(rows);
  for (const auto& row : rows) {
    std::size_t bytes = 0;
    for (const auto& cell : row.cells)
      bytes += cell.family.size() + cell.qualifier.size() + cell.value.size();
    FUZZ_CHECK(bytes <= limit);
  }
}

std::vector<TableRow> some_rows(fuzz::Input& in) {
  std::set<std::string> keys;
  for (auto left = in.below(5); left > 0; --left)
    keys.insert("k" + std::string(in.take(3)));
  std::vector<TableRow> rows;
  for (const auto& key : keys) {
    TableRow row;
    row.key = key;
    for (auto left = 1 + in.below(4); left > 0; --left) {
      Cell cell;
      cell.family = in.flag() ? "f" : "";
      cell.qualifier = in.take(in.below(3));
      cell.time_us = static_cast<std::int64_t>(in.number<std::uint64_t>());
      cell.value = in.take(in.below(12));
      if (in.flag()) cell.labels.emplace_back(in.take(2));
      row.cells.push_back(std::move(cell));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// A server that says things in one of the ways it may.
class Server {
 public:
  explicit Server(fuzz::Input& choices) : choices_(choices) {}

  void say(const TableRow& row) {
    if (choices_.flag()) {
      say_cells(row, false);
      send_sometimes();
      response_.add_chunks()->set_reset_row(true);
    }
    say_cells(row, true);
    if (choices_.flag()) {
      response_.set_last_scanned_row_key(row.key);
      send();
    }
  }
  std::vector<TableRow> end() {
    send();
    FUZZ_CHECK(merger_.finish().ok());
    return std::move(rows_);
  }

 private:
  void say_cells(const TableRow& row, bool whole) {
    const Cell* before = nullptr;
    for (const auto& cell : row.cells) {
      say_cell(row.key, cell, before);
      before = &cell;
    }
    auto& last = *response_.mutable_chunks(response_.chunks_size() - 1);
    if (whole) last.set_commit_row(true);
  }

  void say_cell(const std::string& key, const Cell& cell, const Cell* before) {
    send_sometimes();
    auto* chunk = response_.add_chunks();
    if (before == nullptr || choices_.flag()) chunk->set_row_key(key);
    const bool same_family = before != nullptr && before->family == cell.family;
    const bool same_name = same_family && before->qualifier == cell.qualifier;
    if (!same_family || choices_.flag()) {
      chunk->mutable_family_name()->set_value(cell.family);
      chunk->mutable_qualifier()->set_value(cell.qualifier);
    } else if (!same_name) {
      chunk->mutable_qualifier()->set_value(cell.qualifier);
    }
    chunk->set_timestamp_micros(cell.time_us);
    for (const auto& label : cell.labels)
      chunk->add_labels(label);
    std::string_view value = cell.value;
    while (!value.empty() && choices_.flag()) {
      const auto piece = value.substr(0, choices_.below(value.size() + 1));
      value.remove_prefix(piece.size());
      chunk->set_value(std::string(piece));
      chunk->set_value_size(static_cast<int>(cell.value.size()));
      send_sometimes();
      chunk = response_.add_chunks();
    }
    chunk->set_value(std::string(value));
  }

  void send_sometimes() {
    if (choices_.flag()) send();
  }
  void send() {
    FUZZ_CHECK(merger_.feed(response_, rows_).ok());
    response_.Clear();
  }

  fuzz::Input& choices_;
  RowMerger merger_;
  wire::ReadRowsResponse response_;
  std::vector<TableRow> rows_;
};

bool equal(const TableRow& a, const TableRow& b) {
  return a.key == b.key && std::equal(a.cells.begin(), a.cells.end(), b.cells.begin(),
                                      b.cells.end(), [](const Cell& x, const Cell& y) {
                                        return x.family == y.family && x.qualifier == y.qualifier &&
                                               x.time_us == y.time_us && x.value == y.value &&
                                               x.labels == y.labels;
                                      });
}

}  // namespace

FUZZ_TARGET(input) {
  feed_anything(input);
  fuzz::Input in(input);
  const auto rows = some_rows(in);
  Server server(in);
  for (const auto& row : rows)
    server.say(row);
  const auto heard = server.end();
  FUZZ_CHECK(std::equal(rows.begin(), rows.end(), heard.begin(), heard.end(), equal));
}

}  // namespace objectstore::bigtable
