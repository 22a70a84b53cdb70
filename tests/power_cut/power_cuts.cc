#include "power_cut/power_cuts.h"

#include <algorithm>
#include <array>

namespace objectstore::testing {

namespace {

using Unsynced = PowerCut::Unsynced;

}  // namespace

std::vector<CutPoint> around_every_sync(const DiskCalls& calls, std::uint64_t seed) {
  std::vector<CutPoint> points;
  const auto add = [&](std::size_t position, Unsynced unsynced) {
    points.push_back({position, {unsynced, seed + points.size()}});
  };
  for (std::size_t position = 0; position < calls.size(); ++position) {
    if (!is_sync(calls[position])) continue;
    add(position, Unsynced::lost);
    add(position, Unsynced::newest);
    add(position, Unsynced::chance);
    add(position + 1, Unsynced::chance);
  }
  add(calls.size(), Unsynced::lost);
  add(calls.size(), Unsynced::kept);
  return points;
}

std::vector<CutPoint> random_points(const DiskCalls& calls, std::size_t count, std::uint64_t seed) {
  SeededRandom random(seed);
  std::vector<CutPoint> points(count);
  for (auto& point : points) {
    point.position = random.below(calls.size() + 1);
    const std::array kinds = {Unsynced::lost, Unsynced::kept, Unsynced::newest};
    point.cut.unsynced = random.one_in(3) ? kinds[random.below(kinds.size())] : Unsynced::chance;
    point.cut.seed = random.next();
  }
  std::sort(points.begin(), points.end(),
            [](const auto& left, const auto& right) { return left.position < right.position; });
  return points;
}

void CutDisk::cut(const CutPoint& point, const std::filesystem::path& root) {
  for (; position_ < point.position; ++position_) {
    const auto& call = recording_.calls[position_];
    if (!is_sync(call) || !left_out_(call)) disk_.apply(call);
  }
  write_image(disk_.after(point.cut), root);
}

std::string describe(const Recording& recording, const Failure& failure) {
  const auto position = failure.point.position;
  auto text = "power cut after call " + std::to_string(position) + " of " +
              std::to_string(recording.calls.size()) + "; " + to_string(failure.point.cut) + "\n";
  for (auto i = position < 5 ? 0 : position - 5; i < position; ++i)
    text.append("    ").append(to_string(recording.calls[i])).append("\n");
  return text + to_string(failure.violations);
}

std::vector<Failure> run_cuts(const Recording& recording, const std::vector<CutPoint>& points,
                              const std::filesystem::path& root, const LeftOut& left_out,
                              const std::function<bool(const Failure&)>& enough) {
  std::vector<Failure> failures;
  CutDisk disk(recording, left_out);
  for (const auto& point : points) {
    disk.cut(point, root);
    auto violations = inspect(root, recording.knowledge(point.position),
                              when_power_returns(recording.end), point.cut.seed);
    if (violations.empty()) continue;
    failures.push_back({point, std::move(violations)});
    if (enough(failures.back())) break;
  }
  return failures;
}

Recording record_recovery(const Recording& recording, const CutPoint& point,
                          const std::filesystem::path& root) {
  CutDisk(recording, none_left_out).cut(point, root);
  Recording second;
  second.before = Disk(root);
  DiskRecorder recorder(root);
  const auto known = recording.knowledge(point.position);
  Inspection inspection(root, known, when_power_returns(recording.end), point.cut.seed);
  inspection.open_and_read();
  second.opened = recorder.size();
  // What a client has read stays.
  second.knowledge = [known, read = inspection.knowledge(), from = second.opened](
                         std::size_t position) { return position < from ? known : read; };
  if (inspection.is_open()) {
    inspection.recover();
    inspection.sweep();
    inspection.check_at_rest();
  }
  second.calls = recorder.take();
  second.end = inspection.now();
  return second;
}

}  // namespace objectstore::testing
