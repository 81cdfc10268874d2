#include "answer_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <exception>
#include <limits>

namespace millrace::sender {

namespace wire = boost::beast::http;
using boost::system::error_code;

AnswerReader::AnswerReader(std::size_t header_max, std::size_t body_max)
    : header_max_(header_max), body_max_(body_max) {
  begin();
}

void AnswerReader::begin() {
  parser_.emplace();
  parser_->eager(false);
  // Beast counts what it is given at once; the sum is ours to count. Of a body too.
  parser_->header_limit(std::numeric_limits<std::uint32_t>::max());
  parser_->body_limit(boost::none);
}

void AnswerReader::put(std::string_view bytes) {
  pending_.append(bytes);
  came_ += bytes.size();
  while (!is_over_ && !pending_.empty() && step()) {
  }
  if (is_over_) return;
  if (!is_answered() && came_ > header_max_) {
    too_long();
  } else if (is_answered() && came_ > body_max_) {
    is_over_ = true;
  }
}

/// False: there must be more bytes first.
bool AnswerReader::step() {
  error_code error;
  std::size_t used = 0;
  try {
    used = parser_->put(boost::asio::buffer(pending_.data(), pending_.size()), error);
  } catch (const std::exception&) {
    // Boost 1.81: std::length_error on long trailers.
    error = wire::error::bad_value;
  }
  pending_.erase(0, used);
  if (error && error != wire::error::need_more) {
    broken("it is no HTTP/1.1: " + error.message());
    return false;
  }
  if (parser_->is_header_done() && !is_answered()) answered();
  if (is_answered() && parser_->is_done()) {
    is_whole_ = taken() <= body_max_;
    is_over_ = true;
  }
  return !error && used > 0;
}

void AnswerReader::answered() {
  const auto& head = parser_->get();
  const auto status = head.result_int();
  // 101 is an answer: to a request that nobody has made.
  if (status / 100 == 1 && status != 101) return begin();
  // It may have come as a whole, with what is behind it.
  if (taken() > header_max_) return too_long();
  is_answered_ = true;
  status_ = status;
  for (const auto& field : head) {
    fields_.emplace_back(std::string(field.name_string().data(), field.name_string().size()),
                         std::string(field.value().data(), field.value().size()));
  }
  is_kept_open_ = status != 101 && parser_->keep_alive();
  came_ = pending_.size();
  parser_->eager(true);
}

void AnswerReader::too_long() { broken("its header is longer than " + std::to_string(header_max_) + " bytes"); }

void AnswerReader::broken(std::string what) {
  if (!is_answered()) fault_ = std::move(what);
  is_over_ = true;
}

bool AnswerReader::may_go_on() const { return is_whole_ && is_kept_open_ && pending_.empty(); }

}  // namespace millrace::sender
