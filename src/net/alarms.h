// Many points in time, one sleeper: what the calls and connections of one executor wait for.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/intrusive/set.hpp>

#include "net/suspension.h"
#include "runtime/clock.h"
#include "runtime/task.h"

namespace objectstore {

// Something to happen at a time. Setting one allocates nothing; it leaves its Alarms when it goes.
class Alarm : public boost::intrusive::set_base_hook<
                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  Alarm() = default;
  virtual ~Alarm() = default;
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // The time has come. May set or clear alarms, and destroy this one.
  virtual void ring() = 0;

  [[nodiscard]] bool is_set() const { return is_linked(); }
  void clear() { unlink(); }

  friend bool operator<(const Alarm& a, const Alarm& b) { return a.due_ < b.due_; }

 private:
  friend class Alarms;
  MonotonicTime due_;
};

// One executor with one thread; only run() sleeps.
class Alarms {
 public:
  Alarms(boost::asio::any_io_executor executor, Clock& clock)
      : executor_(std::move(executor)), clock_(clock) {}

  [[nodiscard]] MonotonicTime now() const { return clock_.monotonic_now(); }

  // Lets `alarm` ring at `when` or soon after, instead of when it was set to before.
  void set(Alarm& alarm, MonotonicTime when);

  // Rings the alarms until stop(), on the executor.
  [[nodiscard]] Task<void> run();
  // Ends run() soon; no alarm rings any more.
  void stop();

 private:
  void ring_due();

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  boost::intrusive::multiset<Alarm, boost::intrusive::constant_time_size<false>> alarms_;
  boost::asio::cancellation_signal wake_;
  Suspension slept_;
  // What run() sleeps until; the least time while it is awake, for it looks again by itself.
  MonotonicTime asleep_until_ = MonotonicTime::min();
  bool stopped_ = false;
};

}  // namespace objectstore
