#include "backends/s3/blob_writer.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <vector>

#include "backends/s3/errors.h"
#include "backends/s3/upload_plan.h"
#include "cloud/abandonable_body.h"
#include "cloud/store_errors.h"

namespace objectstore {

namespace {

Error too_large(std::string_view limit) {
  return {ErrorCode::payload_too_large, "S3 takes no object of more than " + std::string(limit)};
}

}  // namespace

// What outlives a writer that is dropped.
struct S3BlobWriter::Multipart {
  Multipart(S3Bucket& in, UploadTarget what) : bucket(in), target(std::move(what)) {}

  S3Bucket& bucket;
  const UploadTarget target;
  Abandoned abandoned = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<Event> sent;  // of the last part that was begun
  bool completed = false;

  // Where `sent` is set, or was never there:
  std::vector<CompletedPart> parts;
  std::optional<Error> failure;
  std::unique_ptr<SpooledPart> spare;

  static Task<void> send(std::shared_ptr<Multipart> self, std::uint32_t number,
                         std::unique_ptr<SpooledPart> part, PartChecksums checksums,
                         std::shared_ptr<Event> done) {
    auto stored = co_await self->store(number, *part, checksums);
    if (stored.ok()) stored = co_await part->clear();
    if (stored.ok()) {
      self->spare = std::move(part);
    } else {
      self->failure = std::move(stored).error();
    }
    done->set();
  }

  static Task<void> abort(std::shared_ptr<Multipart> self) {
    // A part that arrives after the abort would stay.
    if (self->sent) co_await self->sent->wait();
    auto copy = self->target;
    const auto aborted = co_await PartRequests(self->bucket).abort(std::move(copy));
    if (aborted.ok()) co_return;
    self->bucket.logger().warn("a multipart upload could not be aborted",
                               {{"key", self->target.key}, {"error", aborted.error().describe()}});
  }

 private:
  Task<Result<void>> store(std::uint32_t number, SpooledPart& part, PartChecksums checksums) {
    const AbandonableBody body(part.body(), abandoned);
    PartToSend to_send;
    to_send.number = number;
    to_send.part = &part;
    to_send.body = &body;
    std::string crc = checksums == PartChecksums::crc32c ? part.crc32c() : std::string();
    auto copy = target;
    CO_TRY_ASSIGN(const auto reply, co_await PartRequests(bucket).put(
                                        std::move(copy), std::move(to_send), checksums));
    if (reply.status == 404 && read_refusal(reply).code == "NoSuchUpload") {
      co_return Error(ErrorCode::unavailable, "S3: the upload was ended by somebody else");
    }
    if (reply.status != 200) co_return bucket.refusal("put_part", reply);
    CompletedPart completed_part;
    completed_part.listed.number = number;
    completed_part.listed.etag = find_header(reply.headers, "etag").value_or("");
    completed_part.crc32c = std::move(crc);
    parts.push_back(std::move(completed_part));
    co_return Result<void>();
  }
};

S3BlobWriter::S3BlobWriter(S3Bucket& bucket, UploadBackground& background, std::string key,
                           Metadata metadata, std::string mark)
    : bucket_(bucket),
      background_(background),
      key_(std::move(key)),
      metadata_(std::move(metadata)),
      mark_(std::move(mark)) {}

S3BlobWriter::~S3BlobWriter() {
  if (!multipart_ || multipart_->completed) return;
  *multipart_->abandoned = true;
  background_.scope.spawn(background_.executor, Multipart::abort(multipart_));
}

HttpHeaders S3BlobWriter::object_headers() const {
  return headers_of_object(metadata_, mark_, bucket_.settings().dialect);
}

std::uint64_t S3BlobWriter::part_limit() const {
  const auto& settings = bucket_.settings();
  // The reference dialect has uploads in one piece only.
  if (!bucket_.is_amazon()) return settings.max_object_bytes;
  return part_length(settings.part_bytes, number_);
}

PartChecksums S3BlobWriter::checksums() const {
  const bool wanted = bucket_.is_amazon() && bucket_.settings().checksums;
  return wanted ? PartChecksums::crc32c : PartChecksums::none;
}

Task<Result<void>> S3BlobWriter::append(std::string_view bytes) {
  const auto limit = bucket_.settings().max_object_bytes;
  if (bytes.size() > limit - size_) co_return too_large(std::to_string(limit) + " bytes");
  size_ += bytes.size();
  while (!bytes.empty()) {
    // Only now it is certain that another part follows.
    if (part_ && part_->size() == part_limit()) CO_TRY(co_await send_part(Parts::beside_the_next));
    CO_TRY(co_await ensure_part());
    const auto piece = bytes.substr(0, part_limit() - part_->size());
    CO_TRY(co_await part_->append(piece));
    crc_.update(piece);
    bytes.remove_prefix(piece.size());
  }
  co_return Result<void>();
}

Task<Result<void>> S3BlobWriter::ensure_part() {
  if (part_) co_return Result<void>();
  part_ = std::move(spare_);
  if (part_) co_return Result<void>();
  auto directory = bucket_.settings().spool_directory;
  CO_TRY_ASSIGN(part_, co_await SpooledPart::create(bucket_.pool(), std::move(directory),
                                                    /*with_md5=*/false));
  co_return Result<void>();
}

Task<Result<std::string>> S3BlobWriter::begin() {
  decided_.set();
  // Ends of uploads find it by the object's name.
  co_return std::string();
}

void S3BlobWriter::give_up() {
  given_up_ = true;
  decided_.set();
}

Task<Result<void>> S3BlobWriter::open_multipart() {
  if (multipart_) co_return Result<void>();
  co_await decided_.wait();
  if (given_up_) co_return Error(ErrorCode::cancelled, "the upload was given up");
  CO_TRY(co_await refuse_to_replace());
  CO_TRY_ASSIGN(auto id,
                co_await PartRequests(bucket_).create(key_, object_headers(), checksums()));
  multipart_ = std::make_shared<Multipart>(bucket_, UploadTarget{key_, std::move(id)});
  co_return Result<void>();
}

Task<Result<void>> S3BlobWriter::send_part(Parts parts) {
  CO_TRY(co_await open_multipart());
  if (multipart_->sent) co_await multipart_->sent->wait();
  spare_ = std::move(multipart_->spare);
  if (multipart_->failure) co_return *multipart_->failure;
  if (number_ > most_parts) co_return too_large(std::to_string(most_parts) + " parts");
  auto done = std::make_shared<Event>();
  multipart_->sent = done;
  auto task = Multipart::send(multipart_, number_, std::move(part_), checksums(), done);
  ++number_;
  const auto executor = co_await boost::asio::this_coro::executor;
  background_.scope.spawn(executor, std::move(task));
  if (parts == Parts::beside_the_next) co_return Result<void>();
  co_await done->wait();
  if (multipart_->failure) co_return *multipart_->failure;
  co_return Result<void>();
}

Task<Result<void>> S3BlobWriter::finish() {
  if (given_up_) co_return Error(ErrorCode::cancelled, "the upload was given up");
  if (!multipart_) co_return co_await put_whole();
  CO_TRY(co_await send_part(Parts::one_at_a_time));
  co_return co_await complete();
}

Task<Result<void>> S3BlobWriter::put_whole() {
  CO_TRY(co_await refuse_to_replace());
  auto request = bucket_.request("PUT", bucket_.urls().object(key_), "put");
  request.timeout = S3Bucket::transfer_timeout(size_);
  // Nothing is used up by it: a copy that arrives when the object was deleted makes it again.
  request.repeat = Repeat::if_not_carried_out;
  request.http.headers = object_headers();
  auto& headers = request.http.headers;
  if (part_) request.body = &part_->body();
  if (part_ && bucket_.is_amazon()) {
    headers.emplace_back("x-amz-content-sha256", part_->take_sha256());
  }
  if (checksums() == PartChecksums::crc32c) {
    headers.emplace_back("x-amz-checksum-crc32c", crc_.base64());
  }
  const auto& settings = bucket_.settings();
  if (bucket_.is_amazon() && settings.conditional_writes && !settings.replace) {
    headers.emplace_back("if-none-match", "*");
  }
  auto reply = co_await bucket_.fetch(std::move(request));
  if (reply.ok() && reply->status < 300) co_return Result<void>();
  auto failure = reply.ok() ? bucket_.refusal("put", *reply) : std::move(reply).error();
  co_return co_await look(std::move(failure));
}

Task<Result<void>> S3BlobWriter::complete() {
  Completion completion;
  completion.parts = multipart_->parts;
  auto& whole = completion.whole.emplace();
  whole.size = size_;
  if (checksums() == PartChecksums::crc32c) whole.crc32c = crc_.base64();
  completion.repeat = Repeat::always;  // uses up the upload: a late copy finds none
  auto target = multipart_->target;
  auto reply = co_await PartRequests(bucket_).complete(std::move(target), std::move(completion));
  Result<void> completed;
  if (!reply.ok() || reply->status != 200) {
    auto failure = reply.ok() ? bucket_.refusal("complete", *reply) : std::move(reply).error();
    completed = co_await look(std::move(failure));
  }
  multipart_->completed = completed.ok();
  co_return completed;
}

Task<Result<void>> S3BlobWriter::look(Error failure) {
  if (!bucket_.is_amazon()) co_return std::move(failure);
  const auto object = co_await bucket_.head(key_);
  const bool is_ours =
      object.ok() && *object && (*object)->mark == mark_ && (*object)->size == size_;
  if (is_ours) co_return Result<void>();
  co_return std::move(failure);
}

Task<Result<void>> S3BlobWriter::refuse_to_replace() {
  const auto& settings = bucket_.settings();
  const bool by_store = bucket_.is_amazon() && settings.conditional_writes;
  if (settings.replace || by_store) co_return Result<void>();
  CO_TRY_ASSIGN(const auto object, co_await bucket_.head(key_));
  if (!object) co_return Result<void>();
  co_return Error(ErrorCode::conflict, "S3: an object of that name exists: " + key_);
}

}  // namespace objectstore
