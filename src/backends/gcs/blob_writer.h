// Uploads one blob by a resumable session, whose last chunk waits for finish().
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/gcs/resumable_session.h"
#include "base/digests.h"
#include "runtime/sync.h"
#include "runtime/task_scope.h"
#include "storage/blob_store.h"

namespace objectstore {

// Spools the bytes into files: one chunk is sent in the background while the next one comes in, so
// that two of them are held at most. begin() opens the session and returns its address; the first
// chunk that is full waits for proceed(). The last byte is never sent before finish().
class GcsBlobWriter final : public BlobWriter {
 public:
  // `background` outlives the chunk that is sent when the writer is dropped; it ends soon.
  GcsBlobWriter(GcsContextPtr context, TaskScope& background, std::string name, Metadata metadata);
  ~GcsBlobWriter() override;
  GcsBlobWriter(const GcsBlobWriter&) = delete;
  GcsBlobWriter& operator=(const GcsBlobWriter&) = delete;

  [[nodiscard]] Task<Result<void>> append(std::string_view bytes) override;
  [[nodiscard]] Task<Result<std::string>> begin() override;
  void proceed() override { begun_.set(); }
  void give_up() override;
  [[nodiscard]] Task<Result<void>> finish() override;

 private:
  // A chunk on its way, which may outlive the writer.
  struct Sending {
    std::unique_ptr<SpoolFile> bytes;
    std::optional<Error> failure;
    Event ended;
  };

  [[nodiscard]] Task<Result<void>> take(std::string_view bytes);
  [[nodiscard]] Task<Result<void>> make_room();
  [[nodiscard]] Task<Result<void>> start_sending();
  [[nodiscard]] static Task<void> send(GcsContextPtr context, std::string session,
                                       std::shared_ptr<Sending> sending, SessionChunk chunk);
  // Waits for the chunk that is on its way.
  [[nodiscard]] Task<Result<void>> sent();
  [[nodiscard]] Task<Result<void>> send_last();
  [[nodiscard]] Task<Result<void>> check_stored(ChunkOutcome outcome);
  [[nodiscard]] Result<void> compare(const StoredObject& stored) const;

  GcsContextPtr context_;
  TaskScope& background_;
  const std::string name_;
  const Metadata metadata_;
  Abandoned abandoned_ = std::make_shared<std::atomic<bool>>(false);

  std::unique_ptr<SpoolFile> filling_;
  std::shared_ptr<Sending> sending_;
  std::uint64_t offset_ = 0;  // of the first byte in filling_
  Crc32c crc32c_;
  std::optional<Error> failure_;  // nothing can come of the upload

  Event begun_;  // or given up
  std::string session_;
  std::optional<Error> not_begun_;
};

}  // namespace objectstore
