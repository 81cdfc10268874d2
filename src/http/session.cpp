#include "session.hpp"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <stdexcept>

#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"
#include "target.hpp"
#include "web_socket.hpp"

namespace millrace::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using boost::system::error_code;

namespace {

using Parser = wire::request_parser<wire::string_body>;

constexpr asio::use_awaitable_t<runtime::Executor> awaiting{};
constexpr std::size_t read_bytes = 4096;
/// Holds a whole header section, and what was read behind it.
constexpr std::size_t section_buffer_bytes = limits::http_event_section_bytes_max + 64 * limits::KiB;
/// Holds the trailers of a body, of which Beast 1.81 would take any number, and throw where one is longer than this.
constexpr std::size_t body_buffer_bytes = 64 * limits::KiB;
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view view_of(const beast::flat_buffer& buffer) {
  const auto data = buffer.data();
  return {static_cast<const char*>(data.data()), data.size()};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<Field> fields_of(const Parser& parser) {
  std::vector<Field> fields;
  for (const auto& field : parser.get()) {
    fields.push_back({.name = lower(std::string_view(field.name_string().data(), field.name_string().size())),
                      .value = std::string(field.value().data(), field.value().size())});
  }
  return fields;
}

std::size_t count_of(const Parser& parser) {
  return static_cast<std::size_t>(std::distance(parser.get().begin(), parser.get().end()));
}

Problem problem_of(const error_code& error) {
  if (error == wire::error::bad_version) return problems::version_unknown("only HTTP/1.0 and HTTP/1.1 are served");
  if (error == wire::error::body_limit) {
    return problems::body_too_large("the body has more than " + std::to_string(limits::http_body_bytes_max) + " bytes");
  }
  if (error == beast::error::timeout) return problems::too_slow("the body did not come in time");
  return problems::malformed(error.message());
}

std::string value_of(const std::vector<Field>& fields, std::string_view name) {
  for (const auto& field : fields) {
    if (field.name == name) return field.value;
  }
  return {};
}

std::string media_type(const std::string& content_type) {
  auto type = lower(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  return type;
}

/// The parser may throw on what it did not expect (Boost 1.81: std::length_error on long trailers).
void put(Parser& parser, std::string_view bytes, error_code& error) {
  try {
    const auto used = parser.put(asio::buffer(bytes.data(), bytes.size()), error);
    if (!error && used != bytes.size()) error = wire::error::bad_value;
  } catch (const std::exception&) {
    error = wire::error::bad_value;
  }
}

/// Chunk extensions mean nothing to us, and a long one is somebody's try.
void bound_extensions(Parser& parser, std::function<void(std::uint64_t, beast::string_view, error_code&)>& callback) {
  callback = [](std::uint64_t, beast::string_view extension, error_code& error) {
    if (extension.size() > limits::http_chunk_extension_bytes_max) error = wire::error::bad_chunk_extension;
  };
  parser.on_chunk_header(callback);
}

}  // namespace

runtime::Task<> Session::run(std::shared_ptr<Session> self) {
  bool goes_on = true;
  while (goes_on && !self->draining_) goes_on = co_await self->serve_one();
  co_await self->linger();
  self->stream_.close();
}

Connection Session::facts() const {
  return {.door = "http",
          .peer = peer_,
          .client_id = {},
          .software = {},
          .since = since_,
          .requests = requests_.value(),
          .received_bytes = received_bytes_.value(),
          .sent_bytes = sent_bytes_.value()};
}

void Session::drain() {
  draining_ = true;
  if (waiting_) stream_.close();
  if (web_socket_ != nullptr) web_socket_->stop();
}

void Session::close() { stream_.close(); }

bool Session::is_gone() {
  auto& socket = stream_.socket();
  if (!socket.is_open()) return true;
  char next = 0;
  const auto got = ::recv(socket.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

const HeaderLimits& Session::header_limits() const {
  return brings_events(view_of(buffer_)) ? options_.event_limits : options_.limits;
}

runtime::Task<Session::Read> Session::read_section(std::size_t& length) {
  buffer_.max_size(section_buffer_bytes);
  waiting_ = buffer_.size() == 0;
  stream_.expires_after(waiting_ ? options_.idle_timeout : options_.header_timeout);
  while ((length = header_section_length(view_of(buffer_))) == 0) {
    if (const auto most = header_limits().section_max; buffer_.size() > most) {
      (void)co_await refuse(
          problems::fields_too_large("the header section has more than " + std::to_string(most) + " bytes"));
      co_return Read::refused;
    }
    error_code error;
    auto token = asio::redirect_error(awaiting, error);
    const auto got = co_await stream_.async_read_some(buffer_.prepare(read_bytes), token);
    buffer_.commit(got);
    received_bytes_.add(got);
    if (error == beast::error::timeout && buffer_.size() > 0) {
      (void)co_await refuse(problems::too_slow("the header section did not come in time"));
      co_return Read::refused;
    }
    if (error) co_return Read::ended;
    if (waiting_) {
      waiting_ = false;
      stream_.expires_after(options_.header_timeout);
    }
  }
  waiting_ = false;
  co_return Read::whole;
}

/// Reads and answers one request. False when the connection is over.
runtime::Task<bool> Session::serve_one() {
  id_ = answerer_.fresh_id();
  std::size_t length = 0;
  if (co_await read_section(length) != Read::whole) co_return false;
  const auto section = view_of(buffer_).substr(0, length);
  const auto& bounds = header_limits();
  if (auto refused = refuse_section(section, bounds)) {
    auto problem = std::move(*refused);
    co_return co_await refuse(std::move(problem));
  }
  Parser parser;
  parser.eager(false);
  parser.header_limit(static_cast<std::uint32_t>(bounds.section_max));
  parser.body_limit(options_.body_max);
  error_code error;
  put(parser, section, error);
  if (!error && !parser.is_header_done()) error = wire::error::bad_value;
  if (error) {
    auto problem = problem_of(error);
    co_return co_await refuse(std::move(problem));
  }
  buffer_.consume(length);

  const auto& head = parser.get();
  const auto version = head.version();
  auto fields = fields_of(parser);
  const auto field_count = fields.size();
  auto checked = check_fields(fields, version % 10, options_.hosts);
  if (checked.problem) {
    auto problem = std::move(*checked.problem);
    co_return co_await refuse(std::move(problem));
  }
  const std::string method_text(head.method_string().data(), head.method_string().size());
  const auto method = method_of(method_text);
  if (!method) {
    auto problem = problems::method_unknown("the method " + escaped(method_text) + " is not known");
    co_return co_await refuse(std::move(problem));
  }
  auto target = parse_target(std::string_view(head.target().data(), head.target().size()));
  if (!target) {
    auto problem = problems::malformed(target.error().message);
    co_return co_await refuse(std::move(problem));
  }
  Request request;
  request.method = *method;
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.content_type = media_type(value_of(fields, "content-type"));
  const auto expected = lower(value_of(fields, "expect"));
  request.fields = std::move(fields);
  request.id = id_;
  request.peer = peer_;
  request.is_gone = [this] { return is_gone(); };
  const bool has_body = checked.framing.is_chunked || checked.framing.content_length.value_or(0) > 0;
  const bool keep = head.keep_alive();
  const bool with_body = *method != Method::head;

  if (auto early = answerer_.before_body(request)) {
    auto response = std::move(*early);
    co_return co_await send(std::move(response), version, keep && !has_body, with_body);
  }
  if (!expected.empty() && expected != "100-continue") {
    auto problem = problems::malformed("Expect: \"" + escaped(expected) + "\" is not \"100-continue\"");
    problem.status = 417;
    co_return co_await refuse(std::move(problem));
  }
  if (has_body) {
    if (checked.framing.content_length.value_or(0) > options_.body_max) {
      auto problem = problem_of(wire::error::body_limit);
      co_return co_await refuse(std::move(problem));
    }
    stream_.expires_after(options_.request_timeout);
    auto token = asio::redirect_error(awaiting, error);
    if (!expected.empty() && version > 10) {
      co_await asio::async_write(stream_, asio::buffer(go_on.data(), go_on.size()), token);
      if (error) co_return false;
    }
    std::function<void(std::uint64_t, beast::string_view, error_code&)> extension;
    bound_extensions(parser, extension);
    buffer_.max_size(body_buffer_bytes);
    bool threw = false;
    try {
      co_await wire::async_read(stream_, buffer_, parser, token);
    } catch (const std::exception&) {
      threw = true;
    }
    if (threw || (!error && count_of(parser) != field_count)) {
      auto problem = problems::malformed("trailer fields are not taken");
      co_return co_await refuse(std::move(problem));
    }
    if (error == wire::error::partial_message || error == asio::error::connection_reset) co_return false;
    if (error) {
      auto problem = problem_of(error);
      co_return co_await refuse(std::move(problem));
    }
    request.body = std::move(parser.get().body());
    received_bytes_.add(request.body.size());
  }
  stream_.expires_never();
  auto response = co_await answerer_.answer(std::move(request));
  if (response.conversation) {
    counts_.answer(101, {});
    requests_.add();
    WebSocket socket(stream_, received_bytes_, sent_bytes_);
    if (co_await socket.accept(parser.get(), response, id_)) {
      co_await converse(socket, *response.conversation);
    }
    co_return false;
  }
  co_return co_await send(std::move(response), version, keep, with_body);
}

runtime::Task<> Session::converse(WebSocket& socket, Conversation& conversation) {
  web_socket_ = &socket;
  if (draining_) socket.stop();
  co_await conversation.hold(socket);
  web_socket_ = nullptr;
}

}  // namespace millrace::http
