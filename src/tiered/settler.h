// What recovery settles with: plain changes and multipart uploads.
#pragma once

#include "tiered/settle.h"
#include "tiered/upload_settlement.h"

namespace objectstore {

class Settler final : public ChangeSettler {
 public:
  explicit Settler(Settlement& changes) : changes_(changes) {}
  // Without them, uploads are left in the log.
  void use(UploadSettlement& uploads) { uploads_ = &uploads; }

  Task<Result<void>> settle(ChangeGuard guard, bool swept_later) override {
    return changes_.settle(std::move(guard), swept_later);
  }
  Task<Result<void>> settle_upload(LogEntry entry) override {
    if (uploads_ != nullptr) return uploads_->settle(std::move(entry));
    return not_here();
  }

 private:
  static Task<Result<void>> not_here() {
    co_return Error(ErrorCode::unsupported,
                    "the long-term tier that is configured takes no multipart uploads");
  }

  Settlement& changes_;
  UploadSettlement* uploads_ = nullptr;
};

}  // namespace objectstore
