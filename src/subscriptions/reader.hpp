#pragma once
// Reads one subscription, all its faults at once: a member each, in read.cpp; of its protocol in read_settings.cpp; of
// its credential in read_credential.cpp. For one text.

#include <optional>
#include <string>
#include <string_view>

#include "members.hpp"
#include "millrace/subscriptions/defaults.hpp"

namespace millrace::subscriptions {

enum class IdIs { ignored, the_same, required };

class Reader {
 public:
  Reader(IdIs id, const Subscription* before, const Inheritance& inheritance)
      : id_is_(id), before_(before), inheritance_(inheritance) {
    if (before == nullptr) return;
    out_.id = before->id;
    out_.config.start = before->config.start;
  }

  [[nodiscard]] Judged<Subscription> read(std::string_view text) {
    if (auto why = why_not_document(text)) {
      findings_.add("", "SUB-15", *std::move(why));
    } else {
      const auto json = Json::parse(text);
      Members members(json, "", findings_);
      all(members);
    }
    if (!findings_.empty()) return tl::unexpected(std::move(findings_).take());
    return std::move(out_);
  }

 private:
  void all(Members& members);
  void id(Members& members);
  void types(Members& members);
  void filters(Members& members);
  void protocol(Members& members);
  void sink(Members& members);
  void settings(Members& members);
  void http(Members& settings);
  void kafka(Members& settings);
  void header(const std::string& pointer, const std::string& name, const Json& value);
  void credential(Members& members);
  void plain(Members& credential);
  void token(Members& credential);
  void config(Members& members);
  void inherit();

  /// A member that has to be an object; nothing when it is not there or wrong.
  [[nodiscard]] std::optional<Members> object(Members& members, const char* name, std::string_view rule) {
    const auto* const value = members.find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_object()) return Members(*value, pointer_to(members.pointer(), name), findings_);
    members.add(name, rule, "must be an object");
    return std::nullopt;
  }

  /// The secret of before an update, where it may be kept.
  template <class T>
  [[nodiscard]] const T* kept() const {
    if (before_ == nullptr || before_->sink != out_.sink || before_->protocol != out_.protocol) return nullptr;
    return std::get_if<T>(&*before_->credential);
  }

  IdIs id_is_;
  const Subscription* before_;
  const Inheritance& inheritance_;
  Findings findings_;
  Subscription out_;
  bool has_protocol_ = false;  ///< what depends on it can be judged
};

}  // namespace millrace::subscriptions
