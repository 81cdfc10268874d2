// Asio, compiled once for the whole program (BOOST_ASIO_SEPARATE_COMPILATION): a second less for every other unit.
#include <boost/asio/impl/src.hpp>
