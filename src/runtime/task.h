// The coroutine type of everything that waits.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace objectstore {

// A lazily started coroutine: it runs when awaited, on the awaiting coroutine's executor.
//
// gcc 12 miscompiles three things: a temporary that is an argument inside a co_await expression and
// not of the parameter's own type (braced, or a lambda given for a function: it is destroyed twice;
// name it first), a static constexpr member named inside one (copy it to a local), and co_await in
// the condition of if, while or switch, or behind && and || (make it a statement of its own; an if
// with an initializer is fine).
template <class T>
using Task = boost::asio::awaitable<T>;

}  // namespace objectstore
