#include "auth/strict_json.h"

#include <set>
#include <string>
#include <vector>

#include "model/whole_json.h"

namespace objectstore {

namespace {

using Json = nlohmann::json;

constexpr int max_depth = 16;  // objects and lists within each other

// Looks on while the library parses.
class Watch {
 public:
  void see(int depth, Json::parse_event_t event, const Json& value) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= max_depth) sound_ = false;
    }
    if (event == Event::object_start) names_.emplace_back();
    if (event == Event::object_end) names_.pop_back();
    if (event == Event::key && !names_.back().insert(value.get_ref<const std::string&>()).second) {
      sound_ = false;
    }
  }
  [[nodiscard]] bool sound() const { return sound_; }

 private:
  bool sound_ = true;
  std::vector<std::set<std::string>> names_;  // of the objects that are open
};

}  // namespace

std::optional<Json> parse_strict_json_object(std::string_view text) {
  Watch watch;
  const auto look = [&watch](int depth, Json::parse_event_t event, Json& value) {
    watch.see(depth, event, value);
    return true;
  };
  auto json = parse_whole_json<Json>(text, look);
  if (!watch.sound() || !json.is_object()) return std::nullopt;
  return json;
}

}  // namespace objectstore
