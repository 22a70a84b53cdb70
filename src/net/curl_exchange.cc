#include "net/curl_exchange.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/trim.h"
#include "net/curl_request.h"

namespace objectstore {

namespace {

constexpr std::size_t longest_head_bytes = 64 << 10;
// Above it the server is held back; curl hands out at most a buffer of its own more.
constexpr std::size_t incoming_limit_bytes = 128 << 10;

}  // namespace

CurlExchange::CurlExchange(std::shared_ptr<CurlLoop> loop,
                           std::shared_ptr<const HttpClientSettings> settings,
                           std::shared_ptr<Registry> open, HttpRequest request)
    : loop_(std::move(loop)),
      settings_(std::move(settings)),
      open_(std::move(open)),
      request_(std::move(request)),
      easy_(curl_easy_init()),
      time_out_(*this),
      progress_at_(loop_->alarms().now()) {
  OBJECTSTORE_ASSERT(easy_ != nullptr);
  registered_ = open_->insert(open_->end(), this);
}

CurlExchange::~CurlExchange() {
  open_->erase(registered_);
  leave_loop();
  curl_easy_cleanup(easy_);
}

Task<std::optional<HttpFailure>> CurlExchange::run() {
  if (auto refused = start(); !refused.ok()) {
    co_return HttpFailure{std::move(refused).error(), true};
  }
  while (!over_ && !answered()) {
    if (head_done_) {
      fail(Error(ErrorCode::unavailable, where_ + ": an answer came before the body was sent"));
    } else if (pull_wanted_) {
      co_await pull();
    } else {
      co_await wait();
    }
  }
  if (answered()) {
    stop_upload();
    co_return std::nullopt;
  }
  if (!failure_) failure_ = Error(ErrorCode::unavailable, where_ + ": no complete answer came");
  co_return HttpFailure{*failure_, attempts_ == 0};
}

Task<Result<std::string_view>> CurlExchange::next() {
  while (incoming_.empty() && !over_)
    co_await wait();
  if (incoming_.empty()) {
    if (failure_) co_return *failure_;
    co_return std::string_view();
  }
  current_.clear();
  current_.swap(incoming_);
  if (receive_paused_) {
    receive_paused_ = false;
    resume();
  }
  co_return std::string_view(current_);
}

Result<void> CurlExchange::start() {
  TRY_ASSIGN(where_, describe_target(request_));
  TRY_ASSIGN(header_list_, make_header_list(request_.headers));
  apply_settings(easy_, *settings_);
  if (auto* bytes = std::get_if<SharedBytes>(&request_.body)) {
    piece_ = bytes->view();
    length_ = piece_.size();
  } else {
    length_ = upload()->length;
  }
  apply_request(easy_, request_, header_list_.get(), length_);
  set_callbacks();
  if (!loop_->add(easy_, *this)) {
    return Error(ErrorCode::internal, where_ + ": libcurl does not take the request");
  }
  in_loop_ = true;
  arm_time_out();
  return {};
}

void CurlExchange::set_callbacks() {
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, curl_error_.data());
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &CurlExchange::on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &CurlExchange::on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &CurlExchange::on_upload);
  curl_easy_setopt(easy_, CURLOPT_READDATA, this);
  curl_easy_setopt(easy_, CURLOPT_SEEKFUNCTION, &CurlExchange::on_rewind);
  curl_easy_setopt(easy_, CURLOPT_SEEKDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &CurlExchange::on_attempt);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
}

// --- waiting

Task<void> CurlExchange::wait() {
  auto keep = [this](Completer<Done> waiter) { waiter_ = std::move(waiter); };
  co_await await_callback<Done>(std::move(keep));
}

// Only posts: safe inside of curl's callbacks.
void CurlExchange::wake() {
  if (waiter_) waiter_.complete(Done{});
}

void CurlExchange::finished(CURLcode result) {
  in_loop_ = false;
  over_ = true;
  time_out_.clear();
  if (result != CURLE_OK) failure_ = error_of(result);
  wake();
}

void CurlExchange::fail(Error error) {
  if (over_) return;
  leave_loop();
  over_ = true;
  time_out_.clear();
  failure_ = std::move(error);
  wake();
}

void CurlExchange::leave_loop() {
  if (std::exchange(in_loop_, false)) loop_->remove(easy_);
}

Error CurlExchange::error_of(CURLcode result) const {
  if (head_bytes_ > longest_head_bytes) {
    return Error(ErrorCode::unavailable, where_ + ": the head of the response is too long");
  }
  if (result == CURLE_ABORTED_BY_CALLBACK || result == CURLE_SEND_FAIL_REWIND) {
    return Error(ErrorCode::unavailable,
                 where_ + ": the connection was lost before an answer came");
  }
  const std::string_view detail(curl_error_.data());
  const auto code =
      result == CURLE_OPERATION_TIMEDOUT ? ErrorCode::deadline_exceeded : ErrorCode::unavailable;
  return Error(
      code, where_ + ": " +
                (detail.empty() ? std::string(curl_easy_strerror(result)) : std::string(detail)));
}

// --- time

void CurlExchange::arm_time_out() {
  auto due = deadline();
  if (request_.stall_timeout) {
    const auto stalled_at = progress_at_ + *request_.stall_timeout;
    due = due ? std::min(*due, stalled_at) : stalled_at;
  }
  if (due) loop_->alarms().set(time_out_, *due);
}

std::optional<MonotonicTime> CurlExchange::deadline() const {
  if (answered() || !request_.head_deadline) return request_.deadline;
  if (!request_.deadline) return request_.head_deadline;
  return std::min(*request_.deadline, *request_.head_deadline);
}

// Progress does not move the alarm: it rings in vain and is set again.
void CurlExchange::check_time_out() {
  const auto now = loop_->alarms().now();
  if (const auto limit = deadline(); limit && now >= *limit) {
    return fail(Error(ErrorCode::deadline_exceeded, where_ + ": the time allowed ran out"));
  }
  // While our own side is slow the server is not to blame.
  if (receive_paused_ || pulling_) progress_at_ = now;
  if (request_.stall_timeout && now - progress_at_ >= *request_.stall_timeout) {
    return fail(Error(ErrorCode::deadline_exceeded, where_ + ": the server stopped responding"));
  }
  arm_time_out();
}

// --- upload

bool CurlExchange::upload_done() const {
  return length_ ? handed_ == *length_ : source_ended_;
}

// A refusal may come early; it also ends the upload.
bool CurlExchange::answered() const {
  return head_done_ && (upload_done() || status_ >= 300);
}

Task<void> CurlExchange::pull() {
  pulling_ = true;
  auto piece = co_await upload()->source->next();
  pulling_ = false;
  note_progress();
  if (over_ || head_done_) co_return;
  if (!piece.ok()) {
    fail(std::move(piece).error());
    co_return;
  }
  source_ended_ = piece->empty();
  piece_ = *piece;
  if (length_ && (source_ended_ || piece_.size() > *length_ - handed_)) {
    fail(Error(ErrorCode::internal, where_ + ": the body has another length than announced"));
    co_return;
  }
  pull_wanted_ = false;
  resume();
}

void CurlExchange::stop_upload() {
  if (upload_done()) return;
  upload_stopped_ = true;
  piece_ = {};
  if (over_) return;
  curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, 1L);  // the rest of the body was never sent
  if (std::exchange(pull_wanted_, false)) resume();
}

void CurlExchange::resume() {
  // Curl may call back from here, and pause again.
  curl_easy_pause(easy_,
                  (receive_paused_ ? CURLPAUSE_RECV : 0) | (pull_wanted_ ? CURLPAUSE_SEND : 0));
}

std::size_t CurlExchange::on_upload(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  exchange.note_progress();
  if (exchange.piece_.empty()) {
    if (exchange.upload_done() || exchange.upload_stopped_) return 0;
    exchange.pull_wanted_ = true;
    exchange.wake();
    return CURL_READFUNC_PAUSE;
  }
  const auto taken = std::min(size * count, exchange.piece_.size());
  std::memcpy(data, exchange.piece_.data(), taken);
  exchange.piece_.remove_prefix(taken);
  exchange.handed_ += taken;
  return taken;
}

// For a repeated request.
int CurlExchange::on_rewind(void* self, curl_off_t offset, int origin) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const auto* bytes = std::get_if<SharedBytes>(&exchange.request_.body);
  if (bytes == nullptr || origin != SEEK_SET || offset != 0) return CURL_SEEKFUNC_FAIL;
  exchange.piece_ = bytes->view();
  exchange.handed_ = 0;
  return CURL_SEEKFUNC_OK;
}

// Curl repeats a request by itself where a connection it had kept turns out dead.
int CurlExchange::on_attempt(void* self, char*, char*, int, int) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const auto& request = exchange.request_;
  const bool repeatable = request.repeatable || request.method == "GET" || request.method == "HEAD";
  if (exchange.attempts_ >= (repeatable ? 2 : 1)) return CURL_PREREQFUNC_ABORT;
  ++exchange.attempts_;
  exchange.note_progress();
  return CURL_PREREQFUNC_OK;
}

// --- response

std::size_t CurlExchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  exchange.note_progress();
  return exchange.take_header(std::string_view(data, size * count)) ? size * count : 0;
}

bool CurlExchange::take_header(std::string_view line) {
  if (head_done_) return true;  // a trailer
  head_bytes_ += line.size();
  if (head_bytes_ > longest_head_bytes) return false;
  if (line.starts_with("HTTP/")) {  // also after the head of an interim response
    headers_.clear();
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    status_ = static_cast<int>(status);
    return true;
  }
  if (trimmed(line).empty()) {
    head_done_ = status_ >= 200;
    if (head_done_) wake();
    return true;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string name(line.substr(0, colon));
  for (auto& letter : name) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  headers_.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
  return true;
}

std::size_t CurlExchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  exchange.note_progress();
  if (exchange.incoming_.size() >= incoming_limit_bytes) {
    exchange.receive_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  exchange.incoming_.append(data, size * count);
  exchange.wake();
  return size * count;
}

}  // namespace objectstore
