// Asio's TLS, compiled once, as runtime/asio.cpp has the rest of it.
#include <boost/asio/ssl/impl/src.hpp>
