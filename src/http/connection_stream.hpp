#pragma once
// The connection that everything is read from and written to: TCP and Unix sockets alike.

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>

#include "millrace/runtime/io.hpp"

namespace millrace::http {

using Stream = boost::beast::basic_stream<boost::asio::generic::stream_protocol, runtime::Executor>;

}  // namespace millrace::http
