#include "http/request_parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include "http/request_head.h"
#include "model/text.h"

namespace objectstore {

namespace http = boost::beast::http;

namespace {

using boost::beast::error_code;
using boost::beast::string_view;

std::string_view view(string_view text) {
  return {text.data(), text.size()};
}

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::get;
    case http::verb::head:
      return Method::head;
    case http::verb::put:
      return Method::put;
    case http::verb::post:
      return Method::post;
    case http::verb::delete_:
      return Method::remove;
    default:
      return Method::other;
  }
}

// Beast's state machine; the events become views into the caller's buffer.
class EventParser final : public http::basic_parser<true> {
 public:
  explicit EventParser(RequestHead& head) : head_(head) {
    header_limit(static_cast<std::uint32_t>(max_head_bytes) + 1);
    body_limit(boost::none);
  }
  // What the last put() found of the payload.
  std::string_view payload;

 private:
  void on_request_impl(http::verb verb, string_view, string_view target, int version,
                       error_code&) override {
    head_.method = method_of(verb);
    head_.target = view(target);
    head_.http_1_0 = version == 10;
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(http::field field, string_view name, string_view value, error_code&) override {
    if (is_header_done()) return;  // a trailer
    head_.headers.emplace_back(view(name), view(value));
    if (field == http::field::range && !head_.range) head_.range = view(value);
    if (field == http::field::expect && equals_ignoring_case(view(value), "100-continue")) {
      head_.expects_continue = !head_.http_1_0;
    }
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override {
    payload = view(body);
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view extensions, error_code& error) override {
    // Within quotes Beast takes any byte; a bare LF ends the line for other readers.
    if (!is_visible_ascii(view(extensions))) error = http::error::bad_chunk_extension;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    payload = view(body);
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  RequestHead& head_;
};

// No chunked body is shorter. Of an empty one Beast wants so much at once, or fails an assertion.
constexpr std::size_t min_chunked_bytes = 5;

bool has_folded_line(std::string_view text) {
  return text.find("\r\n ") != std::string_view::npos ||
         text.find("\r\n\t") != std::string_view::npos;
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::put:
      return "PUT";
    case Method::post:
      return "POST";
    case Method::remove:
      return "DELETE";
    case Method::other:
      return "OTHER";
  }
  return "OTHER";
}

class RequestParser::Impl {
 public:
  RequestHead head;
  std::optional<EventParser> parser;  // good for one message
  bool body_begun = false;
};

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;

const RequestHead* RequestParser::parse_head(std::string_view bytes) {
  auto& head = impl_->head;
  auto headers = std::move(head.headers);
  headers.clear();
  head = RequestHead{};
  head.headers = std::move(headers);  // keeps its capacity
  auto& parser = impl_->parser.emplace(head);
  error_code error;
  const auto used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error || used != bytes.size() || !parser.is_header_done()) return nullptr;
  head.keep_alive = parser.keep_alive();
  if (const auto length = parser.content_length()) head.content_length = *length;
  head.has_body = !parser.is_done();
  impl_->body_begun = false;
  return &head;
}

RequestParser::Step RequestParser::parse_body(std::string_view input) {
  using State = Step::State;
  auto& parser = *impl_->parser;
  std::size_t consumed = 0;
  while (!parser.is_done()) {
    const auto rest = input.substr(consumed);
    if (rest.empty()) return {State::need_input, consumed, {}};
    if (parser.chunked() && !impl_->body_begun && rest.size() < min_chunked_bytes) {
      return {State::need_input, consumed, {}};
    }
    impl_->body_begun = true;
    error_code error;
    parser.payload = {};
    const auto used = parser.put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    consumed += used;
    if (error == http::error::need_more) return {State::need_input, consumed, {}};
    if (error) return {State::broken, consumed, {}};
    // Trailers, which come with the last chunk, are dropped, but read as strictly as headers.
    if (parser.is_done() && parser.chunked() && has_folded_line(rest.substr(0, used))) {
      return {State::broken, consumed, {}};
    }
    if (!parser.payload.empty()) return {State::payload, consumed, parser.payload};
  }
  return {State::done, consumed, {}};
}

bool RequestParser::body_done() const {
  return impl_->parser->is_done();
}

std::optional<std::uint64_t> RequestParser::remaining() const {
  if (impl_->parser->is_done()) return 0;
  const auto left = impl_->parser->content_length_remaining();
  return left ? std::optional<std::uint64_t>(*left) : std::nullopt;
}

}  // namespace objectstore
