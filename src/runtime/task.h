// The coroutine type of everything that waits.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace objectstore {

// A lazily started coroutine: it runs when awaited, on the awaiting coroutine's executor.
//
// gcc 12 miscompiles two things: a braced temporary as an argument inside a co_await expression (it
// is destroyed twice: name it first), and co_await in the condition of if, while or switch, or
// behind && and || (make it a statement of its own; an if with an initializer is fine).
template <class T>
using Task = boost::asio::awaitable<T>;

}  // namespace objectstore
