// What is looked at when the power is back: the stores are opened as a server would, recovered and
// audited from every side.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "power_cut/embedded.h"
#include "power_cut/workload.h"

namespace objectstore::testing {

struct Violation {
  enum class Kind : std::uint8_t {
    cannot_open,
    temporary_left,  // a file of an upload, after the start
    lost_write,      // a value that no client may find
    unreadable,      // an object that can't be read
    dangling_row,    // points to a blob that is missing
    damaged,         // a row or blob whose checksum differs, or that makes no sense
    orphaned_blob,   // nobody points to it
    entry_left,      // in the change log, after recovery
    expired_left,    // a row, after a sweep
    unwritable,      // later writes fail
  };
  Kind kind = Kind::cannot_open;
  std::string text;
};
[[nodiscard]] std::string_view to_string(Violation::Kind kind);
[[nodiscard]] std::string to_string(const std::vector<Violation>& violations);

class Inspection {
 public:
  // `now`: the time when the power comes back.
  Inspection(const std::filesystem::path& root, Knowledge knowledge, WallTime now,
             std::uint64_t seed);

  // Opens the stores and reads every object: what a client has found stays from then on.
  void open_and_read();
  void recover();
  // A week later: what has expired is removed.
  void sweep();
  // Both tiers against each other.
  void check_at_rest();
  // A put, an overwrite and a deletion of each kind, after which all is at rest again.
  void write_on();

  // What the objects may hold from now on.
  [[nodiscard]] const Knowledge& knowledge() const { return knowledge_; }
  [[nodiscard]] WallTime now() const { return clock_.now(); }
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  [[nodiscard]] bool is_open() const { return embedded_ != nullptr; }

 private:
  void found(Violation::Kind kind, std::string text);
  void read_all();
  [[nodiscard]] std::set<Revision> check_rows();
  [[nodiscard]] std::set<Revision> check_blobs();
  [[nodiscard]] std::optional<std::string> problem_of_blob(const Revision& name);
  void write(const std::string& object, const Value& value);

  std::filesystem::path root_;
  Knowledge knowledge_;
  ManualClock clock_;
  SeededRandom random_;
  std::vector<Violation> violations_;
  std::unique_ptr<Embedded> embedded_;
};

// All of it.
[[nodiscard]] std::vector<Violation> inspect(const std::filesystem::path& root, Knowledge knowledge,
                                             WallTime now, std::uint64_t seed);

}  // namespace objectstore::testing
