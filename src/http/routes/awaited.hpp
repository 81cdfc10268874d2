#pragma once
// Waits in a coroutine for what the engine calls back with, on whatever thread that is; the coroutine goes on on its
// own.

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
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

}  // namespace millrace::http::routes
