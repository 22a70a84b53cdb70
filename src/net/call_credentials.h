// Who the calls of a channel are made for.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "runtime/task.h"

namespace objectstore {

// Any thread may call.
class CallCredentials {
 public:
  virtual ~CallCredentials() = default;

  // The value of the header `authorization` ("Bearer …") where one is at hand that stays valid for
  // the time of a call; null: ask authorization(). Called for every call: takes no lock for long.
  [[nodiscard]] virtual std::shared_ptr<const std::string> cached() = 0;

  // The same, fetched where need be. Bounded in time by itself. Errors: unavailable (trying again
  // may help), others (the credentials are wrong).
  [[nodiscard]] virtual Task<Result<std::string>> authorization() = 0;

  // They were refused though they should be good: the next ones are fetched anew. False: there are
  // none fresher.
  [[nodiscard]] virtual bool refresh() { return false; }
};

}  // namespace objectstore
