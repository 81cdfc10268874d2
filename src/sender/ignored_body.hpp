#pragma once
// A body for Beast's parser that is read and not kept.

#include <boost/beast/core/buffer_traits.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/message.hpp>
#include <cstdint>

namespace millrace::sender {

struct IgnoredBody {
  struct value_type {};

  class reader {
   public:
    template <bool is_request, class Fields>
    reader(boost::beast::http::header<is_request, Fields>&, value_type&) {}

    void init(const boost::optional<std::uint64_t>&, boost::beast::error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      error = {};
      return boost::beast::buffer_bytes(buffers);
    }
    void finish(boost::beast::error_code& error) { error = {}; }
  };
};

}  // namespace millrace::sender
