#include "fixture.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <unistd.h>

#include <cstdlib>

namespace millrace::sender {

ScratchFile::ScratchFile(const std::string& text) : path_(testing::TempDir() + "millrace_sender_XXXXXX") {
  const int descriptor = ::mkstemp(path_.data());
  EXPECT_GE(descriptor, 0) << path_;
  EXPECT_EQ(::write(descriptor, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(descriptor);
}

ScratchFile::~ScratchFile() { ::unlink(path_.c_str()); }

SenderTest::SenderTest() : threads_(2, [](std::string_view what) { ADD_FAILURE() << what; }) {
  threads_.start();
  open(options());
}

SenderTest::~SenderTest() {
  stop();
  EXPECT_EQ(ended_, begun_) << "each request ends once";
  sender_.reset();
  EXPECT_TRUE(threads_.finish(long_enough));
}

SenderOptions SenderTest::options() const {
  SenderOptions options{.version = "9", .allowed = {.loopback = true}, .ca_file = trusted_.path()};
  options.lookup = [](const std::string& name) -> Result<std::vector<subscriptions::Address>> {
    if (name != "hooks.test" && name != "other.test") return failure(Errc::not_found, "the name " + name + " is not");
    return std::vector{*subscriptions::parse_address("127.0.0.1")};
  };
  return options;
}

void SenderTest::open(SenderOptions options) {
  if (sender_) stop();
  auto opened =
      Sender::open(threads_, std::move(options),
                   std::make_shared<spdlog::logger>("sender", std::make_shared<spdlog::sinks::null_sink_mt>()));
  ASSERT_TRUE(opened) << opened.error().message;
  sender_ = std::move(*opened);
}

std::future<Outcome> SenderTest::begin(const std::string& url, Outgoing request, Milliseconds timeout) {
  auto sink = subscriptions::read_url(url);
  EXPECT_TRUE(sink) << url;
  std::promise<Outcome> promise;
  auto outcome = promise.get_future();
  ++begun_;
  sender_->send(sink.value_or(subscriptions::SinkUrl{}), std::move(request), timeout,
                [promise = std::move(promise), this](Outcome ended) mutable {
                  ++ended_;
                  promise.set_value(std::move(ended));
                });
  return outcome;
}

Outcome SenderTest::send(const std::string& url, Outgoing request, Milliseconds timeout) {
  return begin(url, std::move(request), timeout).get();
}

void SenderTest::stop() {
  std::promise<void> stopped;
  sender_->stop([&] { stopped.set_value(); });
  EXPECT_EQ(stopped.get_future().wait_for(long_enough), std::future_status::ready);
}

std::string SenderTest::url_of(const ScriptedSink& sink, const std::string& host) {
  return "http://" + host + ":" + std::to_string(sink.port()) + "/in?a=1";
}

std::string SenderTest::secure_url_of(const ScriptedSink& sink, const std::string& host) {
  return "https://" + host + ":" + std::to_string(sink.port()) + "/in?a=1";
}

ScriptedSink::Script always(std::string answer) {
  return [answer = std::move(answer)](Visit& visit) {
    while (!visit.request().empty() && visit.say(answer)) {
    }
  };
}

ScriptedSink::Script once(std::string answer) {
  return [answer = std::move(answer)](Visit& visit) {
    visit.request();
    visit.say(answer);
    visit.wait_for_end();
  };
}

void take_and_wait(Visit& visit) {
  visit.request();
  visit.wait_for_end();
}

}  // namespace millrace::sender
