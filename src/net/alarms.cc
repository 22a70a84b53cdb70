#include "net/alarms.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>

namespace objectstore {

namespace asio = boost::asio;

void Alarms::set(Alarm& alarm, MonotonicTime when) {
  alarm.unlink();
  alarm.due_ = when;
  // Mostly the latest so far: deadlines grow with time.
  alarms_.insert(alarms_.end(), alarm);
  if (when >= asleep_until_) return;
  asleep_until_ = MonotonicTime::min();
  wake_.emit(asio::cancellation_type::terminal);
}

Task<void> Alarms::run() {
  while (true) {
    ring_due();
    if (stopped_) break;
    asleep_until_ = alarms_.empty() ? MonotonicTime::max() : alarms_.begin()->due_;
    // Woken before it slept, the sleep ends with an error: as good as having slept.
    auto slept = [this](const std::exception_ptr&) { slept_.resume(); };
    asio::co_spawn(executor_, clock_.sleep_until(asleep_until_),
                   asio::bind_cancellation_slot(wake_.slot(), slept));
    co_await slept_.wait();
    asleep_until_ = MonotonicTime::min();
  }
}

void Alarms::ring_due() {
  while (!stopped_ && !alarms_.empty()) {
    auto& first = *alarms_.begin();
    if (first.due_ > now()) break;
    first.clear();
    first.ring();
  }
}

void Alarms::stop() {
  stopped_ = true;
  alarms_.clear();
  wake_.emit(asio::cancellation_type::terminal);
}

}  // namespace objectstore
