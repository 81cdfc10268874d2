#pragma once
// An answer as it comes in, a few bytes after the other: its status, its fields, and where its body ends, of which
// nothing is kept. Interim answers (100, 102, 103) are passed over. Pure; bounded whatever comes.

#include <boost/beast/http/parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ignored_body.hpp"
#include "millrace/push/fields.hpp"

namespace millrace::sender {

class AnswerReader {
 public:
  /// Of a header section, those of interim answers included; and of a body as it is on the wire.
  AnswerReader(std::size_t header_max, std::size_t body_max);

  /// Requires: !is_over().
  void put(std::string_view bytes);

  /// The header is whole; what comes after it does not change status() and fields().
  [[nodiscard]] bool is_answered() const { return is_answered_; }
  /// Nothing more is wanted: the body is whole, or too long, or something is wrong.
  [[nodiscard]] bool is_over() const { return is_over_; }
  /// What is wrong with bytes that were to be a header; empty: nothing.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  /// The answer is whole, nothing came behind it, and the other side will take another request.
  [[nodiscard]] bool may_go_on() const;
  /// Whether it would pay to read the body: with its end a next request could be sent.
  [[nodiscard]] bool is_kept_open() const { return is_kept_open_; }

  [[nodiscard]] unsigned status() const { return status_; }
  [[nodiscard]] const push::Fields& fields() const { return fields_; }

 private:
  using Parser = boost::beast::http::response_parser<IgnoredBody>;

  void begin();
  bool step();
  void answered();
  void too_long();
  void broken(std::string what);
  /// Of what came_ counts.
  [[nodiscard]] std::size_t taken() const { return came_ - pending_.size(); }

  const std::size_t header_max_;
  const std::size_t body_max_;
  std::optional<Parser> parser_;
  std::string pending_;   ///< that the parser has not taken
  std::size_t came_ = 0;  ///< before the header was whole; then, of the body
  bool is_answered_ = false;
  bool is_over_ = false;
  bool is_whole_ = false;
  bool is_kept_open_ = false;
  unsigned status_ = 0;
  std::string fault_;
  push::Fields fields_;
};

}  // namespace millrace::sender
