#pragma once
// Asks a broker over HTTP (docs/http.md), one request at a time, and waits for the answer, but not for ever.

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "millrace/core/endpoint.hpp"
#include "millrace/core/result.hpp"

namespace millrace::cli {

using Json = nlohmann::ordered_json;

/// Where a broker is asked: "unix:/path/admin.sock", "http://host:port" or "host:port".
struct Server {
  std::string socket;  ///< its path; empty: TCP
  Endpoint address;
};

/// Errc::invalid when the text is none of the three.
[[nodiscard]] Result<Server> parse_server(const std::string& text);

struct Question {
  std::string method = "GET";
  std::string target;
  Json body = {};      ///< null: none
  std::string text{};  ///< the body, if it is no JSON of ours …
  std::string type{};  ///< … and its type; empty: there is none
  std::chrono::seconds patience{30};
};

struct Answer {
  unsigned status = 0;
  Json body;         ///< null: none
  std::string text;  ///< the body as it was sent, in which no digit has changed
};

/// "/v1/topics/a%2Fb" of {"v1", "topics", "a/b"}.
[[nodiscard]] std::string path_of(const std::vector<std::string>& segments);

/// A text as the value of a parameter of a query.
[[nodiscard]] inline std::string escaped_for_query(const std::string& text) { return path_of({text}).substr(1); }

/// Errc::io when nobody answers as a broker would; the message names the server.
[[nodiscard]] Result<Answer> ask(const Server& server, Question question);

}  // namespace millrace::cli
