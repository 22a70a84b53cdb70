// One request and its response on a CurlLoop.
#pragma once

#include <array>
#include <list>
#include <memory>
#include <string>

#include "net/curl_http_client.h"
#include "net/curl_loop.h"
#include "net/curl_request.h"
#include "runtime/callback.h"
#include "runtime/sync.h"

namespace objectstore {

class CurlExchange final : public HttpResponse, private CurlTransfer {
 public:
  using Registry = std::list<CurlExchange*>;

  // Keeps itself in `open` as long as it lives.
  CurlExchange(std::shared_ptr<CurlLoop> loop, std::shared_ptr<const HttpClientSettings> settings,
               std::shared_ptr<Registry> open, HttpRequest request);
  ~CurlExchange() override;
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  // Until the head of the response is there (nullopt) or won't come.
  [[nodiscard]] Task<std::optional<HttpFailure>> run();

  [[nodiscard]] int status() const override { return status_; }
  [[nodiscard]] const HttpHeaders& headers() const override { return headers_; }
  [[nodiscard]] Task<Result<std::string_view>> next() override;

  // Ends it with that error, unless it is over already.
  void fail(Error error);

 private:
  struct TimeOut final : Alarm {
    explicit TimeOut(CurlExchange& owner) : exchange(owner) {}
    void ring() override { exchange.check_time_out(); }
    CurlExchange& exchange;
  };

  // The error is invalid_argument.
  [[nodiscard]] Result<void> start();
  void set_callbacks();

  [[nodiscard]] Task<void> wait();
  void wake();
  [[nodiscard]] Task<void> pull();
  void stop_upload();
  void resume();

  void finished(CURLcode result) override;
  [[nodiscard]] Error error_of(CURLcode result) const;
  void leave_loop();
  void arm_time_out();
  void check_time_out();
  // The one that counts for now.
  [[nodiscard]] std::optional<MonotonicTime> deadline() const;

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_upload(char* data, std::size_t size, std::size_t count, void* self);
  static int on_rewind(void* self, curl_off_t offset, int origin);
  static int on_attempt(void* self, char*, char*, int, int);
  [[nodiscard]] bool take_header(std::string_view line);

  [[nodiscard]] HttpUpload* upload() { return std::get_if<HttpUpload>(&request_.body); }
  [[nodiscard]] bool upload_done() const;
  [[nodiscard]] bool answered() const;
  void note_progress() { progress_at_ = loop_->alarms().now(); }

  std::shared_ptr<CurlLoop> loop_;
  std::shared_ptr<const HttpClientSettings> settings_;
  std::shared_ptr<Registry> open_;
  Registry::iterator registered_;
  HttpRequest request_;
  std::string where_;  // "PUT https://host", for errors
  CURL* easy_;
  CurlList header_list_;
  std::array<char, CURL_ERROR_SIZE> curl_error_{};
  bool in_loop_ = false;
  int attempts_ = 0;

  // Response
  int status_ = 0;
  HttpHeaders headers_;
  std::size_t head_bytes_ = 0;
  bool head_done_ = false;
  std::string incoming_;  // what next() has not fetched
  std::string current_;   // what it has handed out
  bool receive_paused_ = false;
  bool over_ = false;
  std::optional<Error> failure_;

  // Upload
  std::optional<std::uint64_t> length_ = 0;
  std::string_view piece_;  // what is left of the source's last one
  std::uint64_t handed_ = 0;
  bool source_ended_ = false;
  bool upload_stopped_ = false;
  bool pull_wanted_ = false;  // curl waits for pull()
  bool pulling_ = false;

  Completer<Done> waiter_;
  TimeOut time_out_;
  MonotonicTime progress_at_;
};

}  // namespace objectstore
