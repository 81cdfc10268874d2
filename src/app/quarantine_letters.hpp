#pragma once
// What becomes of a record that its topic puts aside: a dead letter of the group "quarantine" (docs/dead_letters.md).

#include <memory>

#include "millrace/runtime/quarantine.hpp"

namespace millrace::app {

[[nodiscard]] std::shared_ptr<const runtime::QuarantineForm> quarantine_letters();

}  // namespace millrace::app
