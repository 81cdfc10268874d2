// Changes to topics and producer ids: one at a time, durable in the metadata log before anyone is told.

#include <spdlog/logger.h>

#include <future>

#include "broker_impl.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::runtime {

using broker::CreateAnswer;
using broker::DeleteAnswer;
using broker::DeleteRecordsAnswer;

Result<void> BrokerRuntime::Impl::carry_out(const std::vector<broker::MetadataEvent>& events) {
  // What the image refuses must not be written: the next start would refuse it, too, and with it the whole log.
  auto changed = catalog_;
  for (const auto& event : events) {
    if (auto applied = changed.apply(event); !applied) return applied;
  }
  if (auto written = metadata_->append(events, clock_.now()); !written) return written;
  catalog_ = std::move(changed);
  return {};
}

CreateAnswer BrokerRuntime::Impl::create_topic(const broker::CreateTopic& wanted) {
  const auto now = clock_.now();
  auto answer = catalog_.create_topic(wanted, rules_, Uuid::from_random(random_.next(), random_.next()), now.wall);
  if (answer.error != ErrorCode::none) return answer;
  if (auto refused = prepare_quarantine(*answer.topic, answer.events.empty())) return *std::move(refused);
  if (answer.events.empty()) return answer;
  const auto failed = [&](const Error& why) {
    diagnostics_->error("topic not created topic={} why=\"{}\"", wanted.name, why.message);
    return CreateAnswer{ErrorCode::kafka_storage_error, why.message, std::nullopt, {}};
  };
  // Directories first: a topic that the metadata log names must be there after any crash.
  const auto draft = std::make_shared<broker::Topic>(*answer.topic);
  const auto hosted = store_->create(draft, settings_of(*draft));
  if (!hosted) return failed(hosted.error());
  if (auto done = carry_out(answer.events); !done) return failed(done.error());
  serve(**hosted);
  diagnostics_->log(wanted.by_broker ? spdlog::level::debug : spdlog::level::info,
                    "topic created topic={} id={} partitions={}", draft->name, draft->id.to_string(),
                    draft->partitions);
  return answer;
}

CreateAnswer BrokerRuntime::Impl::create_partitions(const broker::CreatePartitions& wanted) {
  auto answer = catalog_.create_partitions(wanted, rules_);
  if (answer.error != ErrorCode::none || answer.events.empty()) return answer;
  const auto failed = [&](const Error& why) {
    diagnostics_->error("partitions not created topic={} why=\"{}\"", wanted.name, why.message);
    return CreateAnswer{ErrorCode::kafka_storage_error, why.message, std::nullopt, {}};
  };
  // Directories first, as for a new topic.
  const auto before = topology()->find(wanted.name);
  const auto hosted = store_->grow(*before, std::make_shared<broker::Topic>(*answer.topic));
  if (!hosted) return failed(hosted.error());
  if (auto done = carry_out(answer.events); !done) return failed(done.error());
  serve(**hosted);
  // Whoever waits for something in all partitions has to wait in these as well.
  for (const auto& partition : before->partitions) partition->wake_readers();
  diagnostics_->info("partitions created topic={} partitions={}", wanted.name, wanted.count);
  return answer;
}

CreateAnswer BrokerRuntime::Impl::alter_topic(const broker::AlterTopic& wanted) {
  auto answer = catalog_.alter_topic(wanted);
  if (answer.error != ErrorCode::none) return answer;
  if (auto refused = prepare_quarantine(*answer.topic, answer.events.empty())) return *std::move(refused);
  if (answer.events.empty()) return answer;
  if (auto done = carry_out(answer.events); !done) {
    diagnostics_->error("topic not altered topic={} why=\"{}\"", wanted.name, done.error().message);
    return {ErrorCode::kafka_storage_error, done.error().message, std::nullopt, {}};
  }
  auto hosted = *topology()->find(wanted.name);
  hosted.settings = settings_of(*answer.topic);
  for (const auto& partition : hosted.partitions) partition->set_settings(hosted.settings);
  serve(std::move(hosted));
  diagnostics_->info("topic altered topic={}", wanted.name);
  return answer;
}

broker::AlterAnswer BrokerRuntime::Impl::alter_broker(const broker::AlterBroker& wanted) {
  auto answer = catalog_.alter_broker(wanted);
  if (answer.error != ErrorCode::none || answer.events.empty()) return answer;
  if (auto done = carry_out(answer.events); !done) {
    diagnostics_->error("broker not altered why=\"{}\"", done.error().message);
    return {ErrorCode::kafka_storage_error, done.error().message, {}};
  }
  apply_defaults();
  diagnostics_->info("broker altered");
  return answer;
}

broker::AlterAnswer BrokerRuntime::Impl::alter_group(const broker::AlterGroup& wanted) {
  auto answer = catalog_.alter_group(wanted, rules_);
  if (answer.error != ErrorCode::none || answer.events.empty()) return answer;
  if (auto done = carry_out(answer.events); !done) {
    diagnostics_->error("group not altered group={} why=\"{}\"", escaped(wanted.group_id), done.error().message);
    return {ErrorCode::kafka_storage_error, done.error().message, {}};
  }
  publish(*topology());
  diagnostics_->info("group altered group={}", escaped(wanted.group_id));
  return answer;
}

broker::AlterAnswer BrokerRuntime::Impl::change_documents(const std::vector<broker::ChangeDocument>& wanted) {
  auto answer = catalog_.change_documents(wanted);
  if (answer.error != ErrorCode::none || answer.events.empty()) return answer;
  if (auto done = carry_out(answer.events); !done) {
    diagnostics_->error("documents not changed why=\"{}\"", done.error().message);
    return {ErrorCode::kafka_storage_error, done.error().message, {}};
  }
  publish(*topology());
  return answer;
}

void BrokerRuntime::Impl::serve(HostedTopic hosted) {
  hosted.topic = catalog_.find(hosted.topic->id);
  Topology changed = *topology();
  changed.add(std::make_shared<const HostedTopic>(std::move(hosted)));
  publish(std::move(changed));
}

DeleteAnswer BrokerRuntime::Impl::delete_topic(const std::string& name) {
  auto answer = catalog_.delete_topic(name, clock_.now().wall);
  if (answer.error != ErrorCode::none) return answer;
  const auto failed = [&](const Error& why) {
    diagnostics_->error("topic not deleted topic={} why=\"{}\"", name, why.message);
    return DeleteAnswer{ErrorCode::kafka_storage_error, why.message, {}};
  };
  if (auto done = carry_out(answer.events); !done) return failed(done.error());
  if (std::holds_alternative<broker::DocumentRemoved>(answer.events.front())) {
    publish_view(name, true);
    diagnostics_->info("view deleted view={}", name);
    return answer;
  }
  Topology changed = *topology();
  const auto hosted = changed.find(name);
  changed.remove(name);
  publish(std::move(changed));
  Milliseconds delay{0};
  if (hosted) {
    delay = hosted->settings.file_delete_delay;
    for (const auto& partition : hosted->partitions) partition->retire_for_good();
  }
  for (const auto& tell : on_topics_deleted_) tell({name});
  diagnostics_->info("topic deleted topic={}", name);
  // The tombstone is durable: the topic is gone, whatever becomes of its files now. The next start tries again.
  for (const auto& deleted : std::vector(catalog_.tombstones())) {
    if (auto done = finish_deletion(deleted, delay); !done) {
      diagnostics_->error("files of a deleted topic stay topic={} why=\"{}\"", deleted.name, done.error().message);
    }
  }
  return answer;
}

Result<void> BrokerRuntime::Impl::finish_deletion(const broker::Tombstone& deleted, Milliseconds delay) {
  Result<std::vector<std::string>> moved;
  {
    const std::lock_guard lock(paths_mutex_);
    moved = store_->put_away(deleted);
  }
  if (!moved) return failure_of(moved);
  // What the checkpoint says of these logs must not be told to the next topic of that name.
  if (auto written = write_checkpoint(); !written) return written;
  if (auto done = carry_out(catalog_.purge(deleted.id)); !done) return done;
  for (auto& directory : *moved) {
    housekeeper_->post_after(delay, [this, name = std::move(directory)] {
      if (auto removed = store_->remove_tree(name); !removed) {
        diagnostics_->warn("deleted directory stays directory={} why=\"{}\"", name, removed.error().message);
      }
    });
  }
  return {};
}

ProducerIdAnswer BrokerRuntime::Impl::new_producer_id() {
  if (next_producer_id_ == reserved_until_) {
    const auto block = catalog_.reserve_producer_ids();
    if (auto done = carry_out(block.events); !done) {
      diagnostics_->error("producer ids not reserved why=\"{}\"", done.error().message);
      return {ErrorCode::coordinator_not_available, -1};
    }
    next_producer_id_ = block.first;
    reserved_until_ = block.first + block.count;
  }
  return {ErrorCode::none, next_producer_id_++};
}

DeleteRecordsAnswer BrokerRuntime::Impl::delete_records(const DeleteRecordsPart& part) {
  const auto topic = topology()->find(part.topic);
  const auto partition = topic ? topic->find(part.partition) : nullptr;
  if (!partition) {
    return {ErrorCode::unknown_topic_or_partition, "no partition " + partition_directory(part.topic, part.partition),
            no_offset};
  }
  if (topic->view) {
    return {ErrorCode::invalid_topic_exception,
            part.topic + " is a view: records are deleted from its topic, " + topic->view->view->topic, no_offset};
  }
  if (broker::is_reserved_name(part.topic)) {
    return {ErrorCode::invalid_topic_exception,
            "records of the broker's own topic " + part.topic + " cannot be deleted", no_offset};
  }
  if (part.validate_only) {
    return partition->with([&](const broker::Partition& each) { return each.judge_deletion(part.before); });
  }
  // Only what is durable can be deleted; under interval and os the high watermark may lie beyond it.
  if (auto ticket = partition->prepare_flush()) {
    if (auto flushed = log::perform(disk_, ticket->work); !flushed) {
      partition->flush_failed(flushed.error());
      return {ErrorCode::kafka_storage_error, flushed.error().message, no_offset};
    }
    partition->flushed(*ticket);
  }
  auto answer = partition->with([&](broker::Partition& each) { return each.delete_records(part.before); });
  if (answer.error == ErrorCode::none) {
    if (auto written = write_checkpoint(); !written) {
      return {ErrorCode::kafka_storage_error, written.error().message, no_offset};
    }
    // Whoever deletes records may need the room now, not at the next look for what is old.
    housekeeper_->post([this, partition] { apply_retention(*partition); });
  }
  return answer;
}

void BrokerRuntime::create_topics(std::vector<broker::CreateTopic> topics, CreateDone done) {
  impl_->administrator_->post([impl = impl_.get(), topics = std::move(topics), done = std::move(done)]() mutable {
    std::vector<CreateAnswer> answers;
    for (const auto& topic : topics) answers.push_back(impl->create_topic(topic));
    done(std::move(answers));
  });
}

void BrokerRuntime::create_partitions(std::vector<broker::CreatePartitions> topics, CreateDone done) {
  impl_->administrator_->post([impl = impl_.get(), topics = std::move(topics), done = std::move(done)]() mutable {
    std::vector<CreateAnswer> answers;
    for (const auto& topic : topics) answers.push_back(impl->create_partitions(topic));
    done(std::move(answers));
  });
}

void BrokerRuntime::alter_topics(std::vector<broker::AlterTopic> topics, CreateDone done) {
  impl_->administrator_->post([impl = impl_.get(), topics = std::move(topics), done = std::move(done)]() mutable {
    std::vector<CreateAnswer> answers;
    for (const auto& topic : topics) answers.push_back(impl->alter_topic(topic));
    done(std::move(answers));
  });
}

void BrokerRuntime::alter_brokers(std::vector<broker::AlterBroker> brokers, AlterDone done) {
  impl_->administrator_->post([impl = impl_.get(), brokers = std::move(brokers), done = std::move(done)]() mutable {
    std::vector<broker::AlterAnswer> answers;
    for (const auto& each : brokers) answers.push_back(impl->alter_broker(each));
    done(std::move(answers));
  });
}

void BrokerRuntime::alter_groups(std::vector<broker::AlterGroup> groups, AlterDone done) {
  impl_->administrator_->post([impl = impl_.get(), groups = std::move(groups), done = std::move(done)]() mutable {
    std::vector<broker::AlterAnswer> answers;
    for (const auto& each : groups) answers.push_back(impl->alter_group(each));
    done(std::move(answers));
  });
}

void BrokerRuntime::change_documents(std::vector<broker::ChangeDocument> documents,
                                     Callback<void(broker::AlterAnswer)> done) {
  impl_->administrator_->post([impl = impl_.get(), documents = std::move(documents), done = std::move(done)]() mutable {
    done(impl->change_documents(documents));
  });
}

void BrokerRuntime::note(broker::LettersChanged act) {
  impl_->administrator_->post([impl = impl_.get(), act = std::move(act)] {
    if (auto done = impl->carry_out({act}); !done)
      impl->diagnostics_->error("what was done to letters is not noted topic={} why=\"{}\"", act.topic,
                                done.error().message);
  });
}

void BrokerRuntime::delete_topics(std::vector<std::string> names, DeleteDone done) {
  impl_->administrator_->post([impl = impl_.get(), names = std::move(names), done = std::move(done)]() mutable {
    std::vector<DeleteAnswer> answers;
    for (const auto& name : names) answers.push_back(impl->delete_topic(name));
    done(std::move(answers));
  });
}

void BrokerRuntime::delete_records(std::vector<DeleteRecordsPart> parts, DeleteRecordsDone done) {
  impl_->administrator_->post([impl = impl_.get(), parts = std::move(parts), done = std::move(done)]() mutable {
    std::vector<DeleteRecordsAnswer> answers;
    for (const auto& part : parts) answers.push_back(impl->delete_records(part));
    done(std::move(answers));
  });
}

void BrokerRuntime::new_producer_id(ProducerIdDone done) {
  impl_->administrator_->post(
      [impl = impl_.get(), done = std::move(done)]() mutable { done(impl->new_producer_id()); });
}

}  // namespace millrace::runtime
