#pragma once
// A job as a document of the metadata log (docs/formats/redrives.md). Pure.

#include <string>
#include <string_view>

#include "job.hpp"

namespace millrace::redrive {

/// One object of JSON; without the id, which is the document's.
[[nodiscard]] std::string to_document(const JobRecord& record);

/// Errc::corrupt names the member that to_document() cannot have made.
[[nodiscard]] Result<JobRecord> parse_job_document(const std::string& id, std::string_view json);

}  // namespace millrace::redrive
