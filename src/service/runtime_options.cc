#include "service/runtime_options.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/whole_json.h"
#include "service/glob.h"

namespace objectstore {

namespace {

using nlohmann::json;

constexpr std::size_t longest_name_shown = 64;  // bytes
constexpr std::size_t most_notes = 20;

Error invalid(std::string_view member, std::string_view what) {
  std::string text(member);
  text.append(": ").append(what);
  return {ErrorCode::invalid_argument, std::move(text)};
}

std::string shown(std::string_view name) {
  if (name.size() <= longest_name_shown) return std::string(name);
  auto end = longest_name_shown;
  while ((static_cast<unsigned char>(name[end]) & 0xc0) == 0x80)
    --end;  // not within a character
  return std::string(name.substr(0, end)) + "...";
}

std::string child(std::string_view parent, std::string_view name) {
  return std::string(parent) + "." + shown(name);
}

Result<std::string> text_of(const json& value, std::string_view member) {
  if (!value.is_string()) return invalid(member, "not a string");
  return value.get<std::string>();
}

Result<Killswitch> read_killswitch(const json& entry, const std::string& member) {
  if (!entry.is_object()) return invalid(member, "not an object");
  Killswitch killswitch;
  for (const auto& [name, value] : entry.items()) {
    const auto path = child(member, name);
    if (name == "usecase") {
      TRY_ASSIGN(killswitch.usecase, text_of(value, path));
    } else if (name == "service") {
      TRY_ASSIGN(killswitch.service, text_of(value, path));
    } else if (name == "scopes") {
      if (!value.is_object()) return invalid(path, "not an object");
      for (const auto& [scope, scope_value] : value.items()) {
        TRY_ASSIGN(killswitch.scopes[scope], text_of(scope_value, child(path, scope)));
      }
    } else {
      return invalid(path, "no member of a kill switch");
    }
  }
  return killswitch;
}

Result<std::vector<Killswitch>> read_killswitches(const json& list) {
  const std::string member = "options.killswitches";
  if (!list.is_array()) return invalid(member, "not a list");
  if (list.size() > most_runtime_killswitches) {
    return invalid(member, "more than " + std::to_string(most_runtime_killswitches) + " entries");
  }
  std::vector<Killswitch> killswitches;
  killswitches.reserve(list.size());
  for (const auto& entry : list) {
    const auto path = member + "[" + std::to_string(killswitches.size()) + "]";
    TRY_ASSIGN(auto killswitch, read_killswitch(entry, path));
    killswitches.push_back(std::move(killswitch));
  }
  return killswitches;
}

void note(RuntimeOptions& options, std::string text) {
  if (options.notes.size() < most_notes) {
    options.notes.push_back(std::move(text));
  } else if (options.notes.size() == most_notes) {
    options.notes.emplace_back("there is more like this");
  }
}

void note_unknown(RuntimeOptions& options, std::string_view member) {
  note(options, std::string(member) + " is unknown and left out");
}

void note_bad_globs(RuntimeOptions& options) {
  for (std::size_t i = 0; i < options.killswitches.size(); ++i) {
    const auto& service = options.killswitches[i].service;
    if (!service || Glob::compile(*service)) continue;
    const auto member = "options.killswitches[" + std::to_string(i) + "].service";
    note(options, member + " is no glob: this switch matches nothing");
  }
}

}  // namespace

Result<RuntimeOptions> parse_runtime_options(std::string_view text) {
  if (text.size() > longest_runtime_options) {
    return Error(
        ErrorCode::invalid_argument,
        "runtime options are longer than " + std::to_string(longest_runtime_options) + " bytes");
  }
  const auto document = parse_whole_json(text);
  if (!document.is_object()) {
    return Error(ErrorCode::invalid_argument, "runtime options are no JSON object");
  }
  const auto found = document.find("options");
  if (found == document.end()) return invalid("options", "missing");
  if (!found->is_object()) return invalid("options", "not an object");

  RuntimeOptions options;
  for (const auto& [name, value] : found->items()) {
    if (name == "killswitches") {
      TRY_ASSIGN(options.killswitches, read_killswitches(value));
    } else {
      note_unknown(options, child("options", name));
    }
  }
  note_bad_globs(options);
  for (const auto& [name, value] : document.items()) {
    if (name != "options" && name != "generated_at") note_unknown(options, shown(name));
  }
  return options;
}

}  // namespace objectstore
