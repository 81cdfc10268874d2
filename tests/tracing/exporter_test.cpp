// The exporter against a collector of the test's own: a socket on the loopback that answers what it is told to.

#include "millrace/tracing/exporter.hpp"

#include <gmock/gmock.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <thread>

#include "millrace/metrics/exposition.hpp"
#include "support/seeded_random.hpp"

namespace millrace::tracing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using testing::HasSubstr;

/// Serves one connection after the other; `answer` gets each body. An empty answer: none is given, the connection
/// waits.
class Collector {
 public:
  explicit Collector(std::function<std::string(const std::string& head, const std::string& body)> answer)
      : acceptor_(context_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)), answer_(std::move(answer)) {
    thread_ = std::thread([this] { run(); });
  }
  ~Collector() {
    stopping_ = true;
    tcp::socket wake(context_);
    error_code ignored;
    wake.connect(acceptor_.local_endpoint(), ignored);
    wake.close(ignored);
    thread_.join();
  }
  [[nodiscard]] CollectorUrl url() const { return {{"127.0.0.1", acceptor_.local_endpoint().port()}, "/v1/traces"}; }

 private:
  void run() {
    while (!stopping_) {
      tcp::socket socket(context_);
      error_code error;
      acceptor_.accept(socket, error);
      asio::streambuf buffer;
      while (!error && !stopping_) serve(socket, buffer, error);
    }
  }
  void serve(tcp::socket& socket, asio::streambuf& buffer, error_code& error) {
    const auto length = asio::read_until(socket, buffer, "\r\n\r\n", error);
    if (error) return;
    std::string head(asio::buffers_begin(buffer.data()),
                     asio::buffers_begin(buffer.data()) + static_cast<std::ptrdiff_t>(length));
    buffer.consume(length);
    const auto at = head.find("Content-Length: ");
    const auto size = at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
    if (buffer.size() < size) asio::read(socket, buffer, asio::transfer_exactly(size - buffer.size()), error);
    std::string body(asio::buffers_begin(buffer.data()), asio::buffers_end(buffer.data()));
    buffer.consume(size);
    const auto said = answer_(head, body);
    if (said.empty()) {
      std::string nothing(1, ' ');
      asio::read(socket, asio::buffer(nothing), error);  // until the other side goes
      error = asio::error::eof;
      return;
    }
    asio::write(socket, asio::buffer(said), error);
  }

  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::function<std::string(const std::string&, const std::string&)> answer_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

const std::string taken = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

class ExporterTest : public testing::Test {
 protected:
  std::unique_ptr<Exporter> exporter_to(const CollectorUrl& url, Milliseconds request_timeout = Milliseconds(10'000)) {
    ExporterOptions options{.collector = url, .sample_ratio = 1.0, .version = "9", .instance_id = "c/1"};
    options.queue_spans = 20;
    options.batch_spans = 5;
    options.interval = Milliseconds(5);
    options.request_timeout = request_timeout;
    return std::make_unique<Exporter>(
        std::move(options), random_, [] { return UnixNanoseconds{1}; },
        std::make_shared<spdlog::logger>("tracing", std::make_shared<spdlog::sinks::null_sink_mt>()));
  }
  static std::string told(const Exporter& exporter) {
    metrics::Exposition exposition;
    collect(&exporter, exposition);
    return exposition.text();
  }
  static void end_spans(Exporter& exporter, int count) {
    for (int i = 0; i < count; ++i) exporter.tracer().end(exporter.tracer().begin_kept("x"));
  }
  /// Polls, with a bound.
  static bool comes_to(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    return condition();
  }

  support::SeededRandom random_{support::seed_from_env()};
};

TEST_F(ExporterTest, SendsWhatHasEndedAsOneRequest) {
  std::promise<std::pair<std::string, std::string>> got;
  std::atomic<bool> is_first = true;
  Collector collector([&](const std::string& head, const std::string& body) {
    if (is_first.exchange(false)) got.set_value({head, body});
    return taken;
  });
  auto exporter = exporter_to(collector.url());
  end_spans(*exporter, 3);
  exporter->start();
  const auto [head, body] = got.get_future().get();
  EXPECT_THAT(head, HasSubstr("POST /v1/traces HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Type: application/x-protobuf\r\n"));
  EXPECT_THAT(head, HasSubstr("User-Agent: millrace/9\r\n"));
  EXPECT_THAT(body, HasSubstr("service.instance.id"));
  exporter->stop(Milliseconds(5'000));
  EXPECT_THAT(told(*exporter), HasSubstr("millrace_tracing_spans_exported_total 3\n"));
}

TEST_F(ExporterTest, StoppingSendsAllThatWaits) {
  std::atomic<int> requests = 0;
  Collector collector([&](const std::string&, const std::string&) {
    ++requests;
    return taken;
  });
  auto exporter = exporter_to(collector.url());
  end_spans(*exporter, 18);
  exporter->start();
  exporter->stop(Milliseconds(5'000));
  EXPECT_EQ(requests, 4) << "five at a time";
  EXPECT_THAT(told(*exporter), HasSubstr("millrace_tracing_spans_exported_total 18\n"));
}

TEST_F(ExporterTest, WhatIsRefusedForGoodIsDroppedAndCounted) {
  std::atomic<int> requests = 0;
  Collector collector([&](const std::string&, const std::string&) {
    ++requests;
    return "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
  });
  auto exporter = exporter_to(collector.url());
  end_spans(*exporter, 2);
  exporter->start();
  EXPECT_TRUE(comes_to([&] { return told(*exporter).find("reason=\"refused\"} 2\n") != std::string::npos; }));
  exporter->stop(Milliseconds(1'000));
  EXPECT_EQ(requests, 1);
}

TEST_F(ExporterTest, WhatIsTakenInPartIsCountedByItsParts) {
  Collector collector([&](const std::string&, const std::string&) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x0a\x02\x08\x02", 42);
  });
  auto exporter = exporter_to(collector.url());
  end_spans(*exporter, 5);
  exporter->start();
  exporter->stop(Milliseconds(5'000));
  EXPECT_THAT(told(*exporter), HasSubstr("millrace_tracing_spans_exported_total 3\n"));
  EXPECT_THAT(told(*exporter), HasSubstr("reason=\"rejected\"} 2\n"));
}

TEST_F(ExporterTest, ABusyCollectorIsAskedAgain) {
  std::atomic<int> requests = 0;
  Collector collector([&](const std::string&, const std::string&) {
    return ++requests == 1 ? "HTTP/1.1 503 Later\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n" : taken;
  });
  auto exporter = exporter_to(collector.url());
  end_spans(*exporter, 2);
  exporter->start();
  EXPECT_TRUE(comes_to([&] { return told(*exporter).find("exported_total 2\n") != std::string::npos; }));
  EXPECT_EQ(requests, 2);
  EXPECT_THAT(told(*exporter), HasSubstr("millrace_tracing_exports_failed_total 1\n"));
  exporter->stop(Milliseconds(1'000));
}

TEST_F(ExporterTest, ACollectorThatClosesKeptConnectionsLosesNothing) {
  std::atomic<int> requests = 0;
  Collector collector([&](const std::string&, const std::string&) {
    ++requests;
    return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  });
  auto exporter = exporter_to(collector.url());
  exporter->start();
  for (int round = 1; round <= 3; ++round) {
    end_spans(*exporter, 1);
    EXPECT_TRUE(comes_to([&] { return requests == round; }));
  }
  exporter->stop(Milliseconds(5'000));
  EXPECT_THAT(told(*exporter), HasSubstr("millrace_tracing_spans_exported_total 3\n"));
}

TEST_F(ExporterTest, ACollectorThatHangsCostsTheQueueAndNoMore) {
  Collector collector([](const std::string&, const std::string&) { return std::string(); });
  auto exporter = exporter_to(collector.url(), Milliseconds(100));
  exporter->start();
  end_spans(*exporter, 1'000);
  EXPECT_TRUE(comes_to([&] { return told(*exporter).find("exports_failed_total 0\n") == std::string::npos; }));
  const auto began = std::chrono::steady_clock::now();
  exporter->stop(Milliseconds(50));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  const auto text = told(*exporter);
  EXPECT_THAT(text, HasSubstr("millrace_tracing_spans_exported_total 0\n"));
  EXPECT_EQ(text.find("reason=\"queue_full\"} 0\n"), std::string::npos);
  EXPECT_EQ(text.find("reason=\"stopped\"} 0\n"), std::string::npos);
}

TEST_F(ExporterTest, NobodyThereIsSaidOnceAndCounted) {
  asio::io_context context;
  // Its port is taken, so that nobody else listens there either.
  const tcp::socket nobody(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  auto exporter = exporter_to({{"127.0.0.1", nobody.local_endpoint().port()}, "/v1/traces"});
  end_spans(*exporter, 2);
  exporter->start();
  EXPECT_TRUE(comes_to([&] { return told(*exporter).find("exports_failed_total 0\n") == std::string::npos; }));
  exporter->stop(Milliseconds(200));
  EXPECT_THAT(told(*exporter), HasSubstr("reason=\"stopped\"} 2\n"));
}

TEST_F(ExporterTest, WithoutOneEverythingIsZero) {
  metrics::Exposition exposition;
  collect(nullptr, exposition);
  EXPECT_THAT(exposition.text(), HasSubstr("millrace_tracing_spans_exported_total 0\n"));
  EXPECT_THAT(exposition.text(), HasSubstr("millrace_tracing_spans_dropped_total{reason=\"queue_full\"} 0\n"));
}

}  // namespace
}  // namespace millrace::tracing
