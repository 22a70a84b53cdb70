// The blocking pool of a real process.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/blocking_pool.h"
#include "runtime/sync.h"

namespace objectstore {

// At most `queue_limit` calls wait for a thread; further callers wait suspended for a place in the
// queue, first come, first served. The destructor runs what is queued, then joins the threads; no
// caller may wait for a place by then.
class ThreadPool final : public BlockingPool {
 public:
  // Precondition: threads > 0.
  ThreadPool(std::size_t threads, std::size_t queue_limit);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  struct Load {
    std::size_t threads = 0;
    std::size_t idle = 0;    // of the threads
    std::size_t queued = 0;  // calls that wait for a thread; not those that wait for a place
  };
  [[nodiscard]] Load load() const;

 protected:
  [[nodiscard]] Task<void> run_erased(std::function<void()> work) override;

 private:
  struct Job {
    std::function<void()> work;
    Completer<Done> done;
  };
  void enqueue(Job job);
  void work_until_stopped();

  Semaphore places_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::size_t running_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace objectstore
