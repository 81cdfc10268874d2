#pragma once
// One log on a FakeDisk, a workload that a seed decides, and a model of what was promised meanwhile.
//
// The world does to the log what a broker does: appends, flushes by tickets that may stay out for a while, checkpoints,
// rolls, retires, shuts down cleanly, starts again. After any crash, check() says in words what promise was broken, or
// nothing. Everything comes from the seed.

#include <map>
#include <set>
#include <string>

#include "millrace/log/checkpoint.hpp"
#include "millrace/log/log.hpp"
#include "support/fake_disk.hpp"

namespace millrace::simulation {

class LogWorld {
 public:
  explicit LogWorld(std::uint64_t seed);

  /// Runs `steps` steps, or fewer when the power goes. With `patient`, a log that went offline is started anew.
  void run(int steps, bool patient = false);

  /// Opens the log as a broker would after a start. Says what went wrong.
  [[nodiscard]] std::optional<Error> start();
  /// What the open log breaks of the promise; nothing when all is well. The model then goes on from what is there.
  [[nodiscard]] std::string check();

  [[nodiscard]] support::FakeDisk& disk() { return *disk_; }
  /// The same world on a copy of the disk, with no log open.
  [[nodiscard]] std::unique_ptr<LogWorld> copy() const;
  [[nodiscard]] const log::RecoveryReport& report() const { return report_; }
  [[nodiscard]] log::Log* log() { return log_.get(); }
  void drop_log();
  [[nodiscard]] Offset confirmed() const { return confirmed_; }

 private:
  struct Appended {
    Bytes bytes;
    Offset next;
  };

  struct Transactions {
    std::map<ProducerId, Offset> open;
    std::map<Offset, Offset> aborted;  ///< marker → first offset
  };

  void step();
  void append();
  [[nodiscard]] bool put(Bytes batch);
  void write_in_transaction();
  void end_transaction();
  void flush();
  void take_ticket();
  void finish_ticket();
  void write_checkpoint();
  void retire();
  void advance_start();
  void shut_down();
  void read_somewhere();
  void confirm(const log::FlushTicket& ticket);
  [[nodiscard]] std::string check_batches();
  [[nodiscard]] std::string check_aborted();
  [[nodiscard]] Transactions transactions() const;

  std::uint64_t seed_;
  support::SeededRandom random_;
  std::unique_ptr<support::FakeDisk> disk_;
  log::Config config_;
  std::unique_ptr<log::Log> log_;
  log::RecoveryReport report_;
  std::optional<log::FlushTicket> ticket_;
  Timestamp wall_ = 1'700'000'000'000;
  LeaderEpoch epoch_ = 0;

  std::map<Offset, Appended> appended_;  ///< by base offset
  std::map<ProducerId, std::int32_t> sequences_;
  Offset confirmed_;      ///< flushed() said so
  Offset safe_start_;     ///< a checkpoint that says so is durable
  Offset highest_start_;  ///< the log itself once said so
};

}  // namespace millrace::simulation
