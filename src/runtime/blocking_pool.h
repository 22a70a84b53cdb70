// Threads for calls that block: file I/O and engine calls. Event loops never block.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "runtime/task.h"

namespace objectstore {

class BlockingPool {
 public:
  virtual ~BlockingPool() = default;

  // Runs `work` on a pool thread and resumes the caller on the caller's executor. `work` must not
  // throw. Waits, without blocking the executor, while all threads are busy.
  template <std::invocable F>
  [[nodiscard]] Task<std::invoke_result_t<F>> run(F work) {
    using R = std::invoke_result_t<F>;
    if constexpr (std::is_void_v<R>) {
      co_await run_erased(std::move(work));
    } else {
      std::optional<R> result;
      co_await run_erased([&] { result.emplace(work()); });
      co_return std::move(*result);
    }
  }

 protected:
  // `work` is called exactly once, and has returned when the task completes.
  [[nodiscard]] virtual Task<void> run_erased(std::function<void()> work) = 0;
};

// Runs the work at once on the calling thread: for simulations and tests.
class InlinePool final : public BlockingPool {
 protected:
  [[nodiscard]] Task<void> run_erased(std::function<void()> work) override {
    work();
    co_return;
  }
};

}  // namespace objectstore
