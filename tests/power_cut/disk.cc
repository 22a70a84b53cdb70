#include "power_cut/disk.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "base/assert.h"

namespace objectstore::testing {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t page_size = 4096;

std::string directory_part(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}
std::string name_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

void change(std::string& content, const DiskCall& call) {
  if (call.kind == DiskCall::Kind::truncate) {
    content.resize(call.offset);
    return;
  }
  if (content.size() < call.offset + call.bytes.size()) {
    content.resize(call.offset + call.bytes.size());
  }
  std::copy(call.bytes.begin(), call.bytes.end(),
            content.begin() + static_cast<std::ptrdiff_t>(call.offset));
}

std::string all_of(std::string content, const std::vector<const DiskCall*>& calls) {
  for (const auto* call : calls)
    change(content, *call);
  return content;
}

// The first few calls, and a part of the next.
std::string torn(std::string content, const std::vector<const DiskCall*>& calls,
                 SeededRandom& random) {
  const auto whole = random.below(calls.size());
  for (std::size_t i = 0; i < whole; ++i)
    change(content, *calls[i]);
  auto last = *calls[whole];
  if (last.kind != DiskCall::Kind::write) return content;
  last.bytes.resize(random.below(last.bytes.size()));
  change(content, last);
  return content;
}

// Pages are written out in any order; the file's new size may come before them.
std::string some_pages(const std::string& content, const std::vector<const DiskCall*>& calls,
                       SeededRandom& random) {
  const auto full = all_of(content, calls);
  auto found = content;
  found.resize(full.size());
  std::size_t end = std::min(content.size(), full.size());
  for (std::size_t page = 0; page < full.size(); page += page_size) {
    const auto size = std::min(page_size, full.size() - page);
    if (random.one_in(2)) continue;
    found.replace(page, size, full, page, size);
    end = std::max(end, page + size);
  }
  if (random.one_in(2)) found.resize(end);
  return found;
}

std::string by_chance(const std::string& content, const std::vector<const DiskCall*>& calls,
                      SeededRandom& random) {
  switch (random.below(4)) {
    case 0:
      return content;
    case 1:
      return all_of(content, calls);
    case 2:
      return torn(content, calls, random);
    default:
      return some_pages(content, calls, random);
  }
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::uint64_t inode_of(const fs::path& path) {
  struct stat status {};
  OBJECTSTORE_ASSERT(::lstat(path.c_str(), &status) == 0);
  return status.st_ino;
}

}  // namespace

void write_image(const DiskImage& image, const fs::path& root) {
  fs::create_directories(root);
  for (const auto& entry : fs::directory_iterator(root))
    fs::remove_all(entry.path());
  for (const auto& [path, content] : image) {
    if (!content) {
      fs::create_directory(root / path);
      continue;
    }
    std::ofstream out(root / path, std::ios::binary);
    out.write(content->data(), static_cast<std::streamsize>(content->size()));
    out.close();
    OBJECTSTORE_ASSERT(out.good());
  }
}

DiskImage read_image(const fs::path& root) {
  DiskImage image;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const auto name = entry.path().filename().string();
    if (name == "LOG" || name.starts_with("LOG.")) continue;
    auto& content = image[entry.path().lexically_relative(root).string()];
    if (entry.is_regular_file()) content = read_file(entry.path());
  }
  return image;
}

std::string to_string(const PowerCut& cut) {
  switch (cut.unsynced) {
    case PowerCut::Unsynced::lost:
      return "all that was not synced is lost";
    case PowerCut::Unsynced::kept:
      return "all is kept";
    case PowerCut::Unsynced::newest:
      return "of all that was not synced, the last change of a name alone is kept";
    case PowerCut::Unsynced::chance:
      break;
  }
  return "parts are kept by seed " + std::to_string(cut.seed);
}

Disk::Disk() {
  (void)new_node(true);
}

Disk::Disk(const fs::path& root) : Disk() {
  for (auto& [path, content] : read_image(root)) {
    const auto node = new_node(!content);
    if (content) nodes_[node].durable = *std::move(content);
    inodes_[inode_of(root / path)] = node;
    set_name(path, node);
  }
  sync_everything();
}

Disk::NodeId Disk::new_node(bool is_directory) {
  nodes_.emplace_back().is_directory = is_directory;
  return nodes_.size() - 1;
}

std::optional<Disk::NodeId> Disk::find(const std::string& path) const {
  NodeId node = root_node;
  for (std::size_t begin = 0; begin < path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto& names = nodes_[node].names;
    const auto found = names.find(path.substr(begin, end - begin));
    if (found == names.end()) return std::nullopt;
    node = found->second;
    begin = end + 1;
  }
  return node;
}

void Disk::set_name(const std::string& path, std::optional<NodeId> node, bool second_name) {
  const auto directory = find(directory_part(path));
  OBJECTSTORE_ASSERT(directory.has_value());
  auto name = name_part(path);
  auto& names = nodes_[*directory].names;
  if (node) {
    names[name] = *node;
  } else {
    names.erase(name);
  }
  changes_.push_back({*directory, std::move(name), node, operations_, second_name});
}

void Disk::rename(const DiskCall& call) {
  const auto node = find(call.path);
  OBJECTSTORE_ASSERT(node.has_value());
  set_name(call.target, node);
  set_name(call.path, std::nullopt, directory_part(call.path) != directory_part(call.target));
}

void Disk::apply(const DiskCall& call) {
  ++operations_;
  switch (call.kind) {
    case DiskCall::Kind::create:
    case DiskCall::Kind::make_directory: {
      const auto node = new_node(call.kind == DiskCall::Kind::make_directory);
      if (call.kind == DiskCall::Kind::create) inodes_[call.inode] = node;
      set_name(call.path, node);
      break;
    }
    case DiskCall::Kind::write:
    case DiskCall::Kind::truncate:
      nodes_[inodes_.at(call.inode)].unsynced.push_back(&call);
      break;
    case DiskCall::Kind::rename:
      rename(call);
      break;
    case DiskCall::Kind::unlink:
    case DiskCall::Kind::remove_directory:
      set_name(call.path, std::nullopt);
      break;
    case DiskCall::Kind::sync:
      sync_content(nodes_[inodes_.at(call.inode)]);
      break;
    case DiskCall::Kind::sync_directory: {
      const auto directory = find(call.path);
      OBJECTSTORE_ASSERT(directory.has_value());
      sync_directory(*directory);
      break;
    }
    case DiskCall::Kind::sync_everything:
      sync_everything();
      break;
  }
}

void Disk::sync_content(Node& node) {
  for (const auto* call : node.unsynced)
    change(node.durable, *call);
  node.unsynced.clear();
}

void Disk::sync_directory(NodeId directory) {
  // Where a file's old name goes for good, its new one has to be there.
  std::set<std::size_t> moved_away;
  for (const auto& change : changes_) {
    if (change.directory == directory && change.second_name) moved_away.insert(change.operation);
  }
  std::set<std::pair<NodeId, std::string>> outdated;
  std::vector<NameChange> left;
  for (auto it = changes_.rbegin(); it != changes_.rend(); ++it) {
    const bool durable = it->directory == directory ||
                         (it->node && moved_away.contains(it->operation)) ||
                         outdated.contains({it->directory, it->name});
    if (!durable) {
      left.push_back(std::move(*it));
      continue;
    }
    if (!outdated.insert({it->directory, it->name}).second) continue;
    auto& names = nodes_[it->directory].durable_names;
    if (it->node) {
      names[it->name] = *it->node;
    } else {
      names.erase(it->name);
    }
  }
  std::reverse(left.begin(), left.end());
  changes_ = std::move(left);
}

void Disk::sync_everything() {
  for (auto& node : nodes_) {
    sync_content(node);
    node.durable_names = node.names;
  }
  changes_.clear();
}

std::vector<Disk::Names> Disk::names_after(const PowerCut& cut, SeededRandom& random) const {
  std::vector<Names> names;
  names.reserve(nodes_.size());
  for (const auto& node : nodes_)
    names.push_back(cut.unsynced == PowerCut::Unsynced::kept ? node.names : node.durable_names);
  const auto keep = [&names](const NameChange& change) {
    auto& directory = names[change.directory];
    if (change.node) {
      directory[change.name] = *change.node;
    } else {
      directory.erase(change.name);
    }
  };
  if (cut.unsynced == PowerCut::Unsynced::newest) {
    for (const auto& change : changes_) {
      if (change.operation == changes_.back().operation) keep(change);
    }
  }
  if (cut.unsynced != PowerCut::Unsynced::chance) return names;
  // Most, or few, or all of them up to some moment, as a journal would have it.
  const auto percent_kept = random.below(101);
  const bool by_journal = random.one_in(3);
  const auto journal_end = changes_.empty() ? 0 : changes_[random.below(changes_.size())].operation;
  std::map<std::size_t, bool> kept;
  for (const auto& change : changes_) {
    const auto [decision, fresh] = kept.try_emplace(change.operation, false);
    if (fresh) {
      decision->second =
          by_journal ? change.operation <= journal_end : random.below(100) < percent_kept;
    }
    if (!decision->second) continue;
    if (change.second_name && random.one_in(2)) continue;
    keep(change);
  }
  return names;
}

void Disk::collect(const std::vector<Names>& names, NodeId directory, const std::string& path,
                   const PowerCut& cut, SeededRandom& random, DiskImage& image) const {
  for (const auto& [name, id] : names[directory]) {
    const auto below = path.empty() ? name : path + "/" + name;
    const auto& node = nodes_[id];
    auto& content = image[below];
    if (node.is_directory) {
      collect(names, id, below, cut, random, image);
    } else if (node.unsynced.empty()) {
      content = node.durable;
    } else if (cut.unsynced == PowerCut::Unsynced::kept) {
      content = all_of(node.durable, node.unsynced);
    } else if (cut.unsynced == PowerCut::Unsynced::chance) {
      content = by_chance(node.durable, node.unsynced, random);
    } else {
      content = node.durable;
    }
  }
}

DiskImage Disk::after(const PowerCut& cut) const {
  SeededRandom random(cut.seed);
  DiskImage image;
  collect(names_after(cut, random), root_node, "", cut, random, image);
  return image;
}

}  // namespace objectstore::testing
