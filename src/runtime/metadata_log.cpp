#include "metadata_log.hpp"

#include <spdlog/logger.h>

#include <future>

namespace millrace::runtime {

namespace {

/// Lets a thread sleep until one append is settled.
class Settled final : public AppendWait {
 public:
  void settled(std::size_t, ErrorCode error) override { promise_.set_value(error); }
  [[nodiscard]] ErrorCode wait() { return promise_.get_future().get(); }

 private:
  std::promise<ErrorCode> promise_;
};

}  // namespace

Result<broker::Catalog> MetadataLog::replay(spdlog::logger& diagnostics) {
  broker::Catalog catalog;
  Result<void> outcome;
  const auto walked = partition_->with([&](broker::Partition& partition) {
    return partition.log().walk(partition.start(), [&](const record::BatchHeader& header, ByteView batch) {
      const auto decoded = broker::decode_events(batch);
      if (!decoded) {
        outcome = Failure(decoded.error().within("metadata at offset " + std::to_string(header.base_offset.value())));
        return false;
      }
      for (const auto& note : decoded->notes) diagnostics.warn("metadata record stepped over why=\"{}\"", note);
      for (const auto& event : decoded->events) {
        outcome = catalog.apply(event);
        if (!outcome) return false;
      }
      return true;
    });
  });
  if (!walked) return failure_of(walked);
  if (!outcome) return failure_of(outcome);
  const bool damaged =
      partition_->with([](broker::Partition& partition) { return !partition.log().damaged().empty(); });
  if (damaged) return failure(Errc::corrupt, "the metadata log is damaged: topics could be missing");
  return catalog;
}

Result<void> MetadataLog::append(const std::vector<broker::MetadataEvent>& events, Now now) {
  if (events.empty()) return {};
  auto batch = broker::encode_events(events, {.source = source_, .actor = "", .time = now.wall}, random_);
  const auto settled = std::make_shared<Settled>();
  broker::AppendAnswer answer;
  const bool waits = partition_->append(batch, record::read_header(batch), now, settled, 0, answer);
  const auto error = answer.error == ErrorCode::none && waits ? settled->wait() : answer.error;
  if (error != ErrorCode::none) {
    return failure(Errc::io,
                   "the metadata log refused a change: " + std::string(name_of(error)) + " " + answer.message);
  }
  return {};
}

}  // namespace millrace::runtime
