// Result<T>: a value or the Error that kept it from being made.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "base/error.h"

namespace objectstore {

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(*-explicit-*)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Precondition: ok().
  [[nodiscard]] T& value() & {
    OBJECTSTORE_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    OBJECTSTORE_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    OBJECTSTORE_ASSERT(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Precondition: !ok().
  [[nodiscard]] const Error& error() const& {
    OBJECTSTORE_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] Error&& error() && {
    OBJECTSTORE_ASSERT(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] const Error& error() const& {
    OBJECTSTORE_ASSERT(error_.has_value());
    return *error_;
  }
  [[nodiscard]] Error&& error() && {
    OBJECTSTORE_ASSERT(error_.has_value());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace objectstore

// Leave the function with the error of `expr`, or go on.
#define OBJECTSTORE_CONCAT_(a, b) a##b
#define OBJECTSTORE_CONCAT(a, b) OBJECTSTORE_CONCAT_(a, b)
#define TRY(expr)                                                                         \
  do {                                                                                    \
    if (auto try_result = (expr); !try_result.ok()) return std::move(try_result).error(); \
  } while (false)
#define TRY_ASSIGN_(result, target, expr)             \
  auto result = (expr);                               \
  if (!result.ok()) return std::move(result).error(); \
  target = std::move(result).value()
// TRY_ASSIGN(auto x, f()): x is the value of f(), or the function returns f()'s error.
#define TRY_ASSIGN(target, expr) \
  TRY_ASSIGN_(OBJECTSTORE_CONCAT(try_result_, __LINE__), target, expr)
// The same in a coroutine; `expr` usually begins with co_await.
#define CO_TRY(expr)                                                                         \
  do {                                                                                       \
    if (auto try_result = (expr); !try_result.ok()) co_return std::move(try_result).error(); \
  } while (false)
#define CO_TRY_ASSIGN_(result, target, expr)             \
  auto result = (expr);                                  \
  if (!result.ok()) co_return std::move(result).error(); \
  target = std::move(result).value()
#define CO_TRY_ASSIGN(target, expr) \
  CO_TRY_ASSIGN_(OBJECTSTORE_CONCAT(try_result_, __LINE__), target, expr)
