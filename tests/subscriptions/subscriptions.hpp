#pragma once
// Short ways to make subscriptions, and to say what is wrong with them: "/config/topic SUB-14: …", a line each.

#include <string>
#include <string_view>

#include "millrace/subscriptions/subscription.hpp"

namespace millrace::subscriptions {

template <class T>
std::string faults_of(const Judged<T>& judged) {
  if (judged) return "none";
  std::string out;
  for (const auto& [pointer, rule, detail] : judged.error())
    out += (out.empty() ? "" : "\n") + pointer + " " + rule + ": " + detail;
  return out;
}

inline std::string faults_of(std::string_view json) { return faults_of(read(json)); }

/// Pushed to an HTTP sink; `members` are put behind, each with a comma in front.
inline std::string pushed(const std::string& members = "", const std::string& config = "") {
  return R"({"sink":"https://sink.example/hook","protocol":"HTTP","config":{"topic":"orders")" + config + "}" +
         members + "}";
}

inline std::string pulled(const std::string& members = "", const std::string& config = "") {
  return R"({"config":{"topic":"orders")" + config + "}" + members + "}";
}

inline std::string copied(const std::string& members = "", const std::string& sink = "kafka:copies") {
  return R"({"sink":")" + sink + R"(","protocol":"KAFKA","config":{"topic":"orders"})" + members + "}";
}

}  // namespace millrace::subscriptions
