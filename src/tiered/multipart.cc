#include "tiered/multipart.h"

#include <algorithm>

namespace objectstore {

Task<Result<std::string>> TieredMultipart::initiate(const ObjectId& id, Metadata metadata) {
  auto key = id.storage_path();
  CO_TRY(context_.blobs.check_name(key));
  LogEntry entry;
  entry.change.id = make_uuid_v7(context_.clock, context_.random);
  const Revision revision(key, make_uuid_v7(context_.clock, context_.random));
  entry.change.object = std::move(key);
  entry.change.new_revision = revision;
  entry.upload_state.emplace();
  const auto began = context_.clock.now();
  const auto began_monotonic = context_.clock.monotonic_now();
  const auto lifetime = context_.settings.multipart_lifetime;

  // The entry first: an upload that nobody knows of can't come into being. Nor may it be asked for
  // when this process has stood still for so long that others may have ended the entry: it would be
  // known to nobody until the answer is there.
  CO_TRY(co_await parts_.entries->create(entry, unix_ms(began + lifetime)));
  const Duration took = std::max<Duration>(context_.clock.now() - began,
                                           context_.clock.monotonic_now() - began_monotonic);
  if (took > lifetime / 2) {
    const auto given_up = co_await settlement_.give_up(std::move(entry));
    if (!given_up.ok()) co_return given_up.error();  // recovery does, once it is due
    co_return Error(ErrorCode::unavailable, "the server stood still while the upload was begun");
  }
  auto upload_id = co_await parts_.blobs->initiate(revision, metadata);
  if (!upload_id.ok()) {
    co_await abandon(std::move(entry));
    co_return std::move(upload_id).error();
  }
  LogEntry opened = entry;
  opened.upload_state->upload_id = *upload_id;
  const auto told = co_await parts_.entries->move(entry, opened, unix_ms(began + lifetime));
  if (!told.ok()) {
    // Either form may be in the log; the one that is not is refused.
    const auto given_up = co_await settlement_.give_up(opened);
    if (given_up.ok() && !*given_up) co_await abandon(std::move(entry));
    co_return told.error();
  }
  if (!*told) {
    co_await abandon(std::move(opened));
    co_return Error(ErrorCode::unavailable, "the upload was given up while it was being opened");
  }
  const UploadToken token{entry.change.id, revision, *std::move(upload_id)};
  co_return encode_upload_token(id, token);
}

Task<void> TieredMultipart::abandon(LogEntry entry) {
  auto given_up = co_await settlement_.give_up(entry);
  if (given_up.ok() && !*given_up) {
    // This process stood still for so long that others have given its entry up: nobody else knows
    // of what it has asked for since. Another entry sees to its end.
    entry.change.id = make_uuid_v7(context_.clock, context_.random);
    const auto created = co_await parts_.entries->create(entry, unix_ms(context_.clock.now()));
    if (created.ok()) {
      given_up = co_await settlement_.give_up(entry);
    } else {
      given_up = created.error();
    }
  }
  if (given_up.ok()) co_return;
  context_.logger.warn("an upload that could not be opened is left to recovery",
                       {{"change", entry.change.id.str()}, {"error", given_up.error().describe()}});
}

Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> TieredMultipart::put_part(
    const ObjectId& id, std::string_view upload_id, PartToUpload part) {
  CO_TRY_ASSIGN(const auto token, decode_upload_token(id, upload_id));
  co_return co_await parts_.blobs->put_part(token.revision, token.upload_id, part);
}

Task<Result<std::variant<PartPage, NoSuchUpload>>> TieredMultipart::list_parts(
    const ObjectId& id, std::string_view upload_id, ListParts request) {
  CO_TRY_ASSIGN(const auto token, decode_upload_token(id, upload_id));
  co_return co_await parts_.blobs->list_parts(token.revision, token.upload_id, request);
}

Task<Result<CompleteResult>> TieredMultipart::complete(const ObjectId& id,
                                                       std::string_view upload_id,
                                                       const std::vector<ListedPart>& parts) {
  CO_TRY_ASSIGN(const auto token, decode_upload_token(id, upload_id));
  co_return co_await completion_.run(token, parts);
}

Task<Result<void>> TieredMultipart::abort(const ObjectId& id, std::string_view upload_id) {
  CO_TRY_ASSIGN(const auto token, decode_upload_token(id, upload_id));
  CO_TRY_ASSIGN(auto entry, co_await parts_.entries->find(token.change));
  if (!entry || entry->change.new_revision != token.revision) co_return Result<void>();
  switch (entry->upload_state->phase) {
    case UploadPhase::dead:
      co_return Result<void>();
    case UploadPhase::held: {
      // Once it is committed there is nothing to abort, though its entry may not be removed yet.
      const auto deadline = context_.request_deadline();
      const auto key = token.revision.object_path();
      CO_TRY_ASSIGN(const auto row, co_await context_.read_row(key, RowPart::metadata, deadline));
      if (points_to(row.state, token.revision)) co_return Result<void>();
      co_return Error(ErrorCode::unavailable, "the upload is being completed");
    }
    case UploadPhase::idle:
      break;
  }
  CO_TRY_ASSIGN(auto dead, co_await settlement_.declare_dead(*std::move(entry)));
  if (!dead) co_return Error(ErrorCode::unavailable, "the upload is being completed or aborted");
  // Dead is final: it can't be completed any more, whoever cleans it up.
  co_await settlement_.clean_in_background(*std::move(dead));
  co_return Result<void>();
}

}  // namespace objectstore
