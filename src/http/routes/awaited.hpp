#pragma once
// Waits in a coroutine for what the engine calls back with, on whatever thread that is; the coroutine goes on on its
// own.

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "millrace/runtime/io.hpp"

namespace millrace::http::routes {

/// `start` is given a function to call once with a Value.
template <class Value, class Start>
runtime::Task<Value> awaited(Start start) {
  namespace asio = boost::asio;
  asio::use_awaitable_t<runtime::Executor> token;
  auto initiation = [start = std::move(start)](auto handler) mutable {
    auto held = std::make_shared<decltype(handler)>(std::move(handler));
    start([held](Value value) {
      const auto executor = asio::get_associated_executor(*held);
      asio::post(executor, [held, value = std::move(value)]() mutable { (*held)(std::move(value)); });
    });
  };
  co_return co_await asio::async_initiate<asio::use_awaitable_t<runtime::Executor>, void(Value)>(std::move(initiation),
                                                                                                 token);
}

/// Nothing when it takes longer than `patience`; what comes later is dropped.
template <class Value, class Start>
runtime::Task<std::optional<Value>> awaited_within(std::chrono::milliseconds patience, Start start) {
  namespace asio = boost::asio;
  using Clock = std::chrono::steady_clock;
  using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, runtime::Executor>;
  asio::use_awaitable_t<runtime::Executor> token;
  auto initiation = [start = std::move(start), patience](auto handler) mutable {
    const runtime::Executor executor = asio::get_associated_executor(handler);
    using Handler = decltype(handler);
    struct Wait {
      std::optional<Handler> waiting;
      Timer timer;
    };
    // Only this thread looks at it.
    auto wait = std::make_shared<Wait>(std::move(handler), Timer(executor, patience));
    const auto settle = [](const std::shared_ptr<Wait>& which, std::optional<Value> value) {
      if (!which->waiting) return;
      auto finished = std::move(*which->waiting);
      which->waiting.reset();
      which->timer.cancel();
      finished(std::move(value));
    };
    wait->timer.async_wait([wait, settle](const boost::system::error_code& error) {
      if (!error) settle(wait, std::nullopt);
    });
    start([wait, settle, executor](Value value) {
      asio::post(executor, [wait, settle, value = std::move(value)]() mutable { settle(wait, std::move(value)); });
    });
  };
  co_return co_await asio::async_initiate<asio::use_awaitable_t<runtime::Executor>, void(std::optional<Value>)>(
      std::move(initiation), token);
}

}  // namespace millrace::http::routes
