// Who calls, and what he may do (contract auth.md).
#pragma once

#include <memory>

#include "auth/access.h"
#include "auth/auth_failure.h"
#include "auth/credential.h"
#include "auth/key_directory.h"
#include "auth/permission.h"
#include "model/object_id.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"

namespace objectstore {

// Any thread may call. What is passed by reference outlives it.
class Authenticator {
 public:
  // `enforce`: auth.enforce. An empty directory with enforce == false turns authentication off.
  Authenticator(const KeyDirectory& keys, bool enforce, Clock& clock, Metrics& metrics,
                Logger& logger);
  ~Authenticator();

  // Checks the credential, in the order of auth.md. Verified tokens are remembered until they
  // expire or the keys change, in a bounded cache; pre-signed URLs are not. A failure is counted
  // and logged; where it isn't enforced the answer is full access.
  [[nodiscard]] Authenticated<Access> authenticate(const PresentedCredential& shown);

  // Whether the operation may go on. A denial is counted and logged, with the request's id; where
  // it isn't enforced the answer is yes.
  [[nodiscard]] bool permits(const Access& access, Permission permission, const ObjectId& id,
                             std::string_view request_id = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace objectstore
