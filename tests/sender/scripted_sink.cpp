#include "scripted_sink.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace millrace::sender {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Visit::Visit(tcp::socket socket, asio::ssl::context* tls) : socket_(std::move(socket)) {
  if (tls != nullptr) tls_.emplace(socket_, *tls);
}

bool Visit::handshake() {
  error_code error;
  if (tls_) tls_->handshake(asio::ssl::stream_base::server, error);
  return !error;
}

bool Visit::read_more() {
  std::array<char, 16'384> bytes{};
  error_code error;
  const auto got = tls_ ? tls_->read_some(asio::buffer(bytes), error) : socket_.read_some(asio::buffer(bytes), error);
  came_.append(bytes.data(), got);
  return !error;
}

std::string Visit::request() {
  auto end = std::string::npos;
  while ((end = came_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return {};
  }
  end += 4;
  const auto at = came_.find("Content-Length: ");
  if (at < end) end += std::stoul(came_.substr(at + 16));
  while (came_.size() < end) {
    if (!read_more()) return {};
  }
  auto whole = came_.substr(0, end);
  came_.erase(0, end);
  return whole;
}

bool Visit::say(std::string_view text) {
  error_code error;
  if (tls_) {
    asio::write(*tls_, asio::buffer(text.data(), text.size()), error);
  } else {
    asio::write(socket_, asio::buffer(text.data(), text.size()), error);
  }
  return !error;
}

void Visit::wait_for_end() {
  while (read_more()) came_.clear();
}

void Visit::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  error_code ignored;
  socket_.close(ignored);
}

void Visit::interrupt() {
  const std::lock_guard lock(mutex_);
  if (!is_closed_) ::shutdown(socket_.native_handle(), SHUT_RDWR);
}

std::string Visit::asked_name() {
  const char* const name = SSL_get_servername(tls_->native_handle(), TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

ScriptedSink::ScriptedSink(std::vector<Script> scripts, const std::optional<Identity>& identity, int tls_max)
    : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()),
      scripts_(std::move(scripts)) {
  if (identity) {
    tls_.emplace(asio::ssl::context::tls_server);
    if (tls_max != 0) {
      SSL_CTX_set_min_proto_version(tls_->native_handle(), TLS1_VERSION);
      SSL_CTX_set_max_proto_version(tls_->native_handle(), tls_max);
      SSL_CTX_set_cipher_list(tls_->native_handle(), "ALL:@SECLEVEL=0");
    }
    tls_->use_certificate(asio::buffer(identity->certificate), asio::ssl::context::pem);
    tls_->use_private_key(asio::buffer(identity->key), asio::ssl::context::pem);
  }
  acceptor_thread_ = std::thread([this] { accept(); });
}

void ScriptedSink::accept() {
  while (true) {
    tcp::socket socket(context_);
    error_code error;
    acceptor_.accept(socket, error);
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return;
    if (error) continue;
    visits_.push_back(std::make_unique<Visit>(std::move(socket), tls_ ? &*tls_ : nullptr));
    auto* const visit = visits_.back().get();
    const auto script = visits_.size() <= scripts_.size() ? scripts_[visits_.size() - 1] : Script();
    threads_.emplace_back([visit, script] {
      if (script && visit->handshake()) script(*visit);
      visit->close();
    });
  }
}

std::size_t ScriptedSink::connections() {
  const std::lock_guard lock(mutex_);
  return visits_.size();
}

ScriptedSink::~ScriptedSink() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    for (const auto& visit : visits_) visit->interrupt();
  }
  tcp::socket wake(context_);
  error_code ignored;
  wake.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port_), ignored);
  acceptor_thread_.join();
  for (auto& thread : threads_) thread.join();
}

}  // namespace millrace::sender
