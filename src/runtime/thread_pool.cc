#include "runtime/thread_pool.h"

#include "base/assert.h"

namespace objectstore {

ThreadPool::ThreadPool(std::size_t threads, std::size_t queue_limit)
    : places_(threads + queue_limit) {
  OBJECTSTORE_ASSERT(threads > 0);
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work_until_stopped(); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_)
    thread.join();
}

Task<void> ThreadPool::run_erased(std::function<void()> work) {
  // Held until the work is done, so that it counts running calls as well as queued ones.
  const auto permit = co_await places_.acquire();
  auto start = [this, &work](Completer<Done> done) {
    enqueue(Job{std::move(work), std::move(done)});
  };
  co_await await_callback<Done>(start);
}

ThreadPool::Load ThreadPool::load() const {
  const std::lock_guard lock(mutex_);
  return {threads_.size(), threads_.size() - running_, jobs_.size()};
}

void ThreadPool::enqueue(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void ThreadPool::work_until_stopped() {
  for (bool worked = false;; worked = true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      if (worked) --running_;
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      ++running_;
    }
    job.work();
    job.done.complete(Done{});
  }
}

}  // namespace objectstore
