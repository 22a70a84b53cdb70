#include "testing/sim_listers.h"

namespace objectstore::testing {

template <class T>
Task<Result<T>> SimListers::ask(std::string what, std::function<Result<T>()> apply) {
  const auto fate = policy_.next(process_, what);
  auto& world = process_.world();
  world.trace("p" + std::to_string(process_.id()) + " " + what + " fate " +
              std::to_string(static_cast<int>(fate.kind)));
  auto send = [this, &world, fate, &what, &apply](Completer<Result<T>> completer) {
    auto reply = process_.hold(std::move(completer));
    using Kind = CallFate::Kind;
    if (fate.kind != Kind::normal && fate.kind != Kind::twice) {
      const auto delay = fate.kind == Kind::not_sent ? fate.there : SimNetwork::timeout;
      world.after(delay, [reply] { reply(Error(ErrorCode::unavailable, "no answer came")); });
      return;
    }
    world.after(fate.there, [this, &world, fate, what, apply, reply] {
      auto answer = std::make_shared<Result<T>>(apply());
      policy_.on_applied(process_, what);
      world.after(fate.back, [reply, answer] { reply(std::move(*answer)); });
    });
  };
  co_return co_await await_callback<Result<T>>(send);
}

Task<Result<RowPage>> SimListers::list_rows(std::string from, std::size_t limit) {
  std::function<Result<RowPage>()> apply = [this, from = std::move(from), limit] {
    return process_.world().immediately(backends_.rows.list_rows(from, limit));
  };
  return ask<RowPage>("list rows", std::move(apply));
}

Task<Result<ListedRow>> SimListers::inspect(std::string_view key) {
  std::function<Result<ListedRow>()> apply = [this, key = std::string(key)] {
    return process_.world().immediately(backends_.rows.inspect(key));
  };
  return ask<ListedRow>("inspect", std::move(apply));
}

Task<Result<BlobPage>> SimListers::list_blobs(std::string from, std::size_t limit) {
  std::function<Result<BlobPage>()> apply = [this, from = std::move(from), limit] {
    return process_.world().immediately(backends_.blobs.list_blobs(from, limit));
  };
  return ask<BlobPage>("list blobs", std::move(apply));
}

}  // namespace objectstore::testing
