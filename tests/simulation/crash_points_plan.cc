#include "simulation/crash_points_plan.h"

#include <algorithm>

namespace objectstore::testing {

namespace {

using Kind = CallFate::Kind;

// An upload ends within its window, however late.
constexpr Duration late_finish_by = std::chrono::minutes(2);

constexpr Kind kinds[] = {Kind::normal,  Kind::not_sent, Kind::reply_lost,
                          Kind::dropped, Kind::late,     Kind::twice};
constexpr Then thens[] = {Then::goes_on, Then::killed, Then::frozen};

bool is_any_of(const std::string& call, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return call == name; });
}

bool is_local(const std::string& call) {
  return is_any_of(call, {"create", "append"});
}

bool is_told_apart(const std::string& call, const Fault& fault) {
  const bool reads = is_any_of(call, {"read", "open", "scan", "quarantined"});
  if (reads && (fault.fate == Kind::reply_lost || fault.fate == Kind::late)) return false;
  if (reads && fault.fate == Kind::twice) return false;
  if (fault.then != Then::killed) return true;
  if (reads) return fault.fate == Kind::normal;
  return fault.fate != Kind::reply_lost && fault.fate != Kind::not_sent;
}

}  // namespace

std::string to_string(const Fault& fault) {
  constexpr const char* fates[] = {"applied", "not sent", "applied, reply lost",
                                   "dropped", "late",     "twice"};
  constexpr const char* ends[] = {"", ", process killed", ", process frozen"};
  return std::string(fates[static_cast<std::size_t>(fault.fate)]) +
         ends[static_cast<std::size_t>(fault.then)];
}

std::vector<Fault> all_faults(const std::string& call) {
  std::vector<Fault> faults;
  for (const auto then : thens) {
    for (const auto kind : kinds) {
      if (kind == Kind::normal && then == Then::goes_on) continue;  // no fault
      if (is_local(call) && kind != Kind::normal && kind != Kind::not_sent) continue;
      faults.push_back(Fault{kind, then});
    }
  }
  return faults;
}

std::vector<Fault> distinct_faults(const std::string& call) {
  auto faults = all_faults(call);
  if (is_local(call)) return faults;
  std::erase_if(faults, [&](const Fault& fault) { return !is_told_apart(call, fault); });
  return faults;
}

void FaultPlan::arm(std::vector<PlannedFault> faults) {
  armed_ = true;
  faults_ = std::move(faults);
  fired_ = 0;
  calls_.clear();
}

CallFate FaultPlan::next(SimProcess& process, const std::string& what) {
  const auto name = announced_.empty() ? what : std::exchange(announced_, std::string());
  CallFate fate;
  if (name.ends_with(of_nothing)) return fate;
  if (armed_ && !spared_.contains(process.id())) {
    const auto number = calls_.size();
    calls_.push_back(name);
    const auto fault = std::find_if(faults_.begin(), faults_.end(),
                                    [&](const auto& planned) { return planned.call == number; });
    if (fault != faults_.end()) {
      ++fired_;
      fate.kind = fault->fault.fate;
      fate.late_by = name == "finish" ? late_finish_by : late_by_;
      world_.trace("FAULT at " + name + ": " + to_string(fault->fault));
      stop(process, fault->fault.then);
    }
  }
  last_arrival_ = std::max(last_arrival_, world_.now() + fate.there + fate.late_by);
  return fate;
}

void FaultPlan::stop(SimProcess& process, Then then) {
  if (then == Then::goes_on) return;
  // Not from within itself: at the next step.
  process.pause();
  if (then == Then::killed) {
    world_.after(Duration::zero(), [&process] { process.kill(); });
  } else {
    world_.after(frozen_for, [&process] { process.resume(); });
  }
}

}  // namespace objectstore::testing
