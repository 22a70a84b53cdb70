// A disk that may lose power after any call: it knows what was made durable, and makes up what is
// left of the rest.
//
// What POSIX lets a file system forget, it forgets: a file's bytes until that file is synced, a
// name (created, renamed, removed) until its directory is. Nothing depends on the order of calls.
// Promised are only that a rename is atomic, so that its file has the old or the new name, or both
// where they lie in different directories; and that bytes once synced stay when others are written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "power_cut/disk_call.h"
#include "testing/seeded_random.h"

namespace objectstore::testing {

// Content by path; nullopt: a directory. Directories come before what they hold.
using DiskImage = std::map<std::string, std::optional<std::string>>;

// Makes `root` hold exactly `image`.
void write_image(const DiskImage& image, const std::filesystem::path& root);
// What lies below `root`, but for RocksDB's text logs.
[[nodiscard]] DiskImage read_image(const std::filesystem::path& root);

struct PowerCut {
  enum class Unsynced : std::uint8_t {
    lost,
    kept,    // as when only the process dies
    newest,  // of names the last change alone; no bytes
    chance,  // any part of it, by `seed`: names one by one, bytes torn anywhere or page by page
  };
  Unsynced unsynced = Unsynced::lost;
  std::uint64_t seed = 0;
};
[[nodiscard]] std::string to_string(const PowerCut& cut);

class Disk {
 public:
  // An empty one.
  Disk();
  // One that holds durably what lies below `root`; inodes as they are there.
  explicit Disk(const std::filesystem::path& root);

  // `call` outlives the disk.
  void apply(const DiskCall& call);

  // What is found when the power comes back.
  [[nodiscard]] DiskImage after(const PowerCut& cut) const;

 private:
  using NodeId = std::size_t;
  static constexpr NodeId root_node = 0;
  using Names = std::map<std::string, NodeId>;

  struct Node {
    bool is_directory = false;
    Names names;                            // as programs see it
    Names durable_names;                    // as it is on the disk
    std::string durable;                    // content
    std::vector<const DiskCall*> unsynced;  // writes and truncations since
  };
  // A name that was set or removed since its directory was synced.
  struct NameChange {
    NodeId directory = root_node;
    std::string name;
    std::optional<NodeId> node;  // unset: removed
    std::size_t operation = 0;   // the same for both sides of a rename
    bool second_name = false;    // the removal of a rename from another directory
  };

  [[nodiscard]] NodeId new_node(bool is_directory);
  [[nodiscard]] std::optional<NodeId> find(const std::string& path) const;
  void set_name(const std::string& path, std::optional<NodeId> node, bool second_name = false);
  void rename(const DiskCall& call);
  static void sync_content(Node& node);
  void sync_directory(NodeId directory);
  void sync_everything();

  [[nodiscard]] std::vector<Names> names_after(const PowerCut& cut, SeededRandom& random) const;
  void collect(const std::vector<Names>& names, NodeId directory, const std::string& path,
               const PowerCut& cut, SeededRandom& random, DiskImage& image) const;

  std::vector<Node> nodes_;
  std::map<std::uint64_t, NodeId> inodes_;
  std::vector<NameChange> changes_;  // in the order of calls
  std::size_t operations_ = 0;
};

}  // namespace objectstore::testing
