#pragma once
// A compacted partition on a FakeDisk, a workload that a seed decides, and a model of what was appended.
//
// The world does what a broker does: batches of plain, idempotent and transactional producers with few keys and many
// tombstones, flushes, checkpoints, snapshots, restarts, and passes of compaction with appends in the middle of them.
// check() says in words what the partition breaks of the promise, or nothing. Everything comes from the seed.

#include <map>
#include <string>

#include "millrace/broker/partition.hpp"
#include "millrace/log/checkpoint.hpp"
#include "support/fake_disk.hpp"

namespace millrace::simulation {

class CompactionWorld {
 public:
  explicit CompactionWorld(std::uint64_t seed);

  /// Runs `steps` steps, or fewer when the power goes. With `patient`, a partition that went offline is started anew.
  void run(int steps, bool patient = false);
  [[nodiscard]] std::optional<Error> start();
  [[nodiscard]] std::string check();

  [[nodiscard]] support::FakeDisk& disk() { return *disk_; }
  /// The same world on a copy of the disk, with nothing open.
  [[nodiscard]] std::unique_ptr<CompactionWorld> copy() const;
  [[nodiscard]] broker::Partition* partition() { return partition_.get(); }
  void drop_partition() { partition_.reset(); }
  /// Passes that came to their end so far.
  [[nodiscard]] int passes() const { return passes_; }

 private:
  struct Written {
    std::string key;
    std::optional<std::string> value;
    Timestamp timestamp = 0;
    bool aborted = false;
    Timestamp wall = 0;  ///< when it was appended
  };
  struct Batch {
    record::BatchHeader header;
    std::map<Offset, Written> records;
  };
  struct Found {
    std::map<Offset, Written> records;
  };

  void step();
  void append(ProducerId producer, bool transactional);
  void end_transaction(ProducerId producer);
  void flush();
  void write_checkpoint();
  void write_snapshot();
  void shut_down();
  void clean();
  void forget_behind(Offset end);
  [[nodiscard]] std::string read_all(Found& found);
  [[nodiscard]] std::string check_records(const Found& found);
  [[nodiscard]] std::string check_producers();
  [[nodiscard]] std::string check_transactions(const Found& found);
  /// Those that the log took in: of a batch whose append failed nothing may be there.
  [[nodiscard]] std::map<Offset, Written> records() const;

  std::uint64_t seed_;
  support::SeededRandom random_;
  std::unique_ptr<support::FakeDisk> disk_;
  broker::TopicSettings settings_;
  std::unique_ptr<broker::Partition> partition_;
  Now now_{.steady = Instant{}, .wall = 1'700'000'000'000};
  std::map<Offset, Batch> batches_;  ///< by base offset, as they were appended
  Offset confirmed_;
  int passes_ = 0;
};

}  // namespace millrace::simulation
