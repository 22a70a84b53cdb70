#include "testing/history.h"

#include <algorithm>
#include <set>

#include "base/assert.h"

namespace objectstore::testing {

namespace {

// A search over orders, after Wing and Gong, with Lowe's memory of configurations seen. Ended
// operations are taken by the time they began; at any moment only few of them are open, so a
// configuration is small: how many are done, which of the next ones are, which open-ended are.
class Search {
 public:
  explicit Search(const std::vector<Operation>& operations) {
    for (const auto& operation : operations) {
      const bool open_ended = operation.ended == never;
      if (open_ended && operation.kind == Operation::Kind::read) continue;
      (open_ended ? open_ended_ : ended_).push_back(operation);
    }
    std::sort(ended_.begin(), ended_.end(),
              [](const auto& a, const auto& b) { return a.begun < b.begun; });
    OBJECTSTORE_ASSERT(open_ended_.size() <= 64);
    done_.assign(ended_.size(), false);
  }

  bool find(std::size_t first, const std::optional<std::string>& value, std::uint64_t used) {
    while (first < ended_.size() && done_[first])
      ++first;
    if (first == ended_.size()) return true;
    if (!remember(first, value, used)) return false;
    // Nothing may be put after the earliest end of what is not yet done.
    HistoryTime earliest_end = never;
    for (std::size_t i = first; i < ended_.size() && ended_[i].begun < earliest_end; ++i) {
      if (!done_[i]) earliest_end = std::min(earliest_end, ended_[i].ended);
    }
    for (std::size_t i = first; i < ended_.size() && ended_[i].begun < earliest_end; ++i) {
      if (done_[i]) continue;
      const auto& next = ended_[i];
      if (next.kind == Operation::Kind::read && next.value != value) continue;
      done_[i] = true;
      const bool found = find(first, next.kind == Operation::Kind::read ? value : next.value, used);
      done_[i] = false;
      if (found) return true;
    }
    for (std::size_t i = 0; i < open_ended_.size(); ++i) {
      const auto bit = std::uint64_t{1} << i;
      const auto& next = open_ended_[i];
      if ((used & bit) != 0 || next.begun >= earliest_end) continue;
      const bool expires = next.kind == Operation::Kind::expiry;
      if (expires && next.value != value) continue;
      if (find(first, expires ? std::nullopt : next.value, used | bit)) return true;
    }
    return false;
  }

 private:
  bool remember(std::size_t first, const std::optional<std::string>& value, std::uint64_t used) {
    std::string key = std::to_string(first) + "," + std::to_string(used) + "," +
                      (value ? "=" + *value : "-") + ",";
    std::size_t last_done = first;
    for (std::size_t i = first; i < done_.size(); ++i) {
      if (done_[i]) last_done = i + 1;
    }
    for (std::size_t i = first; i < last_done; ++i)
      key += done_[i] ? '1' : '0';
    return seen_.insert(std::move(key)).second;
  }

  std::vector<Operation> ended_;
  std::vector<Operation> open_ended_;
  std::vector<bool> done_;
  std::set<std::string> seen_;
};

std::string describe(const Operation& operation) {
  constexpr const char* kinds[] = {"write ", "read ", "expiry of "};
  std::string text = kinds[static_cast<std::size_t>(operation.kind)];
  text += operation.value ? *operation.value : "absent";
  text += " [" + std::to_string(operation.begun) + ", ";
  text += operation.ended == never ? "open" : std::to_string(operation.ended);
  return text + "]";
}

}  // namespace

bool is_linearizable(const std::vector<Operation>& operations) {
  return Search(operations).find(0, std::nullopt, 0);
}

std::size_t History::begin_write(const std::string& object, std::optional<std::string> value) {
  auto& operations = objects_[object];
  operations.push_back(Operation{Operation::Kind::write, std::move(value), ++now_, never});
  return operations.size() - 1;
}

std::size_t History::begin_read(const std::string& object) {
  auto& operations = objects_[object];
  operations.push_back(Operation{Operation::Kind::read, std::nullopt, ++now_, never});
  return operations.size() - 1;
}

void History::end_write(const std::string& object, std::size_t operation) {
  auto& ended = objects_[object][operation].ended;
  if (ended == never) ended = ++now_;
}

void History::end_read(const std::string& object, std::size_t operation,
                       std::optional<std::string> value) {
  auto& read = objects_[object][operation];
  read.value = std::move(value);
  read.ended = ++now_;
}

void History::expire(const std::string& object, std::string value) {
  objects_[object].push_back(Operation{Operation::Kind::expiry, std::move(value), ++now_, never});
}

std::size_t History::writes() const {
  std::size_t count = 0;
  for (const auto& [object, operations] : objects_) {
    count += static_cast<std::size_t>(std::count_if(
        operations.begin(), operations.end(),
        [](const auto& operation) { return operation.kind == Operation::Kind::write; }));
  }
  return count;
}

std::optional<std::string> History::violation() const {
  for (const auto& [object, operations] : objects_) {
    if (is_linearizable(operations)) continue;
    std::string text = "the history of " + object + " is not linearizable:";
    for (const auto& operation : operations)
      text += "\n  " + describe(operation);
    return text;
  }
  return std::nullopt;
}

}  // namespace objectstore::testing
