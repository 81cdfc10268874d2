#include "every_message.hpp"

#include <ostream>

#include "millrace/core/check.hpp"
#include "millrace/protocol/apis.hpp"
#include "millrace/protocol/codec.hpp"

namespace millrace::protocol::testing {
namespace {

template <class Message>
Subject subject(const char* kind, std::int16_t version) {
  Subject made;
  made.name = std::string(Message::shape.name) + kind;
  made.key = Message::shape.key;
  made.version = version;
  made.flexible = Message::shape.is_flexible(version);
  made.filled = [version](Style style) {
    Filler filler(version, Message::shape.is_flexible(version), style);
    Message message;
    Message::fields(filler, message);
    return Subject::Filled{encode(version, message), text_of(version, message)};
  };
  made.decoded = [version](MutableBytes bytes) -> Result<Subject::Decoded> {
    auto message = decode<Message>(version, bytes);
    if (!message) return failure_of(std::move(message));
    return Subject::Decoded{text_of(version, *message), encode(version, *message)};
  };
  made.accepts = [version](MutableBytes bytes) { return decode<Message>(version, bytes).has_value(); };
  return made;
}

std::vector<Subject> make_all() {
  std::vector<Subject> all;
  for_each_api([&](auto api) {
    using Served = decltype(api);
    for (auto version = Served::shape.oldest; version <= Served::shape.newest; ++version) {
      all.push_back(subject<typename Served::Request>("Request", version));
      all.push_back(subject<typename Served::Response>("Response", version));
    }
  });
  return all;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Subject& subject) {
  return out << subject.name << " v" << subject.version;
}

const std::vector<Subject>& every_message() {
  static const auto all = make_all();
  return all;
}

const Subject& subject_of(std::int16_t key, std::int16_t version, bool request) {
  for (const auto& subject : every_message()) {
    if (subject.key == key && subject.version == version && subject.name.ends_with("Request") == request) {
      return subject;
    }
  }
  check_failed(__FILE__, __LINE__, "subject found", "the caller asks for a message that is served");
}

}  // namespace millrace::protocol::testing
