#include "service/glob.h"

#include <utility>

namespace objectstore {

namespace {

std::uint8_t byte_of(char c) {
  return static_cast<std::uint8_t>(c);
}

}  // namespace

// Makes the steps of a nondeterministic automaton, at most two for each character of the pattern.
class Glob::Compiler {
 public:
  explicit Compiler(std::string_view pattern) : rest_(pattern) {}

  std::optional<Glob> run() {
    if (rest_.size() > longest_pattern) return std::nullopt;
    while (!rest_.empty()) {
      if (!element(take())) return std::nullopt;
    }
    if (!groups_.empty()) return std::nullopt;
    add(Kind::accept);
    return std::move(glob_);
  }

 private:
  // Of a pair of braces that is open: the fork before the alternative at hand, and the jumps from
  // the ends of those before it.
  struct Group {
    std::size_t fork;
    std::vector<std::size_t> jumps;
  };

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::size_t add(Kind kind, std::size_t operand = 0) {
    glob_.steps_.push_back({kind, static_cast<std::uint16_t>(operand)});
    return glob_.steps_.size() - 1;
  }
  // The next step that is added.
  std::uint16_t next() const { return static_cast<std::uint16_t>(glob_.steps_.size()); }

  bool element(char c) {
    switch (c) {
      case '?':
        add(Kind::any);
        return true;
      case '*':
        add(Kind::run);
        return true;
      case '[':
        return brackets();
      case '{':
        groups_.push_back({add(Kind::fork), {}});
        return true;
      case ',':
        if (groups_.empty()) return literal(c);
        alternative();
        return true;
      case '}':
        return end_group();
      case '\\':
        return !rest_.empty() && literal(take());
      default:
        return literal(c);
    }
  }

  bool literal(char c) {
    add(Kind::one, byte_of(c));
    return true;
  }

  void alternative() {
    auto& group = groups_.back();
    group.jumps.push_back(add(Kind::jump));
    glob_.steps_[group.fork].operand = next();
    group.fork = add(Kind::fork);
  }

  bool end_group() {
    if (groups_.empty()) return false;
    const auto& group = groups_.back();
    // Behind the last alternative there is none: its fork has one way only.
    glob_.steps_[group.fork].operand = static_cast<std::uint16_t>(group.fork + 1);
    for (const auto jump : group.jumps)
      glob_.steps_[jump].operand = next();
    groups_.pop_back();
    return true;
  }

  // One character within brackets; nullopt at the pattern's end.
  std::optional<char> member() {
    if (!rest_.empty() && rest_.front() == '\\') take();
    if (rest_.empty()) return std::nullopt;
    return take();
  }

  bool brackets() {
    Characters members;
    const bool others = rest_.starts_with('!') || rest_.starts_with('^');
    if (others) take();
    bool first = true;
    while (first || !rest_.starts_with(']')) {
      first = false;
      const auto from = member();
      if (!from) return false;
      auto to = from;
      const bool is_range = rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']';
      if (is_range) {
        take();
        to = member();
        if (!to || byte_of(*to) < byte_of(*from)) return false;
      }
      for (unsigned c = byte_of(*from); c <= byte_of(*to); ++c)
        members.set(c);
    }
    take();
    add(Kind::some, glob_.sets_.size());
    glob_.sets_.push_back(others ? ~members : members);
    return true;
  }

  std::string_view rest_;
  std::vector<Group> groups_;
  Glob glob_;
};

std::optional<Glob> Glob::compile(std::string_view pattern) {
  return Compiler(pattern).run();
}

// Steps that take a character, or accept, and that a part of the name has led to; each once.
class Glob::Places {
 public:
  explicit Places(const std::vector<Step>& steps) : steps_(&steps), seen_(steps.size()) {
    list_.reserve(steps.size());
    open_.reserve(steps.size());
  }

  void clear() {
    seen_.assign(seen_.size(), false);
    list_.clear();
  }

  // A place, and all to which steps lead from there that take no character.
  void add(std::size_t place) {
    open_.push_back(place);
    while (!open_.empty()) {
      const auto at = open_.back();
      open_.pop_back();
      if (seen_[at]) continue;
      seen_[at] = true;
      const auto [kind, operand] = (*steps_)[at];
      if (kind == Kind::fork || kind == Kind::jump) open_.push_back(operand);
      if (kind == Kind::fork || kind == Kind::run) open_.push_back(at + 1);
      if (kind != Kind::fork && kind != Kind::jump) list_.push_back(at);
    }
  }

  [[nodiscard]] const std::vector<std::size_t>& list() const { return list_; }
  [[nodiscard]] bool accepts() const { return seen_.back(); }

 private:
  const std::vector<Step>* steps_;
  std::vector<bool> seen_;
  std::vector<std::size_t> list_;
  std::vector<std::size_t> open_;
};

bool Glob::matches(std::string_view name) const {
  Places now(steps_);
  Places next(steps_);
  now.add(0);
  for (const char c : name) {
    next.clear();
    for (const auto at : now.list()) {
      const auto [kind, operand] = steps_[at];
      const bool takes = kind == Kind::any || kind == Kind::run ||
                         (kind == Kind::one && operand == byte_of(c)) ||
                         (kind == Kind::some && sets_[operand].test(byte_of(c)));
      if (takes) next.add(kind == Kind::run ? at : at + 1);
    }
    if (next.list().empty()) return false;
    std::swap(now, next);
  }
  return now.accepts();
}

}  // namespace objectstore
