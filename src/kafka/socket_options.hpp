#pragma once
// What every accepted socket is set to. Buffers are left to the kernel's own tuning: fixed ones halve throughput.

#include "millrace/runtime/io.hpp"

namespace millrace::kafka {

/// No delay, keep-alive, a bound on unacknowledged data; on loopback a congestion control that does not pace (BBR
/// halves loopback throughput). Best effort: a refused option is not an error.
void prepare(runtime::Socket& socket);

}  // namespace millrace::kafka
