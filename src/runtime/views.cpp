// Views, put in among the topics of which they are part.

#include <spdlog/logger.h>

#include "broker_impl.hpp"

namespace millrace::runtime {

namespace {

/// A topic like its source, under the name and the id of the view.
HostedTopic hosted_like(const HostedTopicPtr& source, const broker::View& view) {
  auto topic = std::make_shared<broker::Topic>(*source->topic);
  topic->name = view.name;
  topic->id = view.id;
  topic->created_at = view.created_at;
  return {.topic = std::move(topic), .settings = source->settings, .partitions = source->partitions, .view = nullptr};
}

bool knows_unmarked(const HostedTopic& topic) { return topic.settings.events.knows_unmarked; }

}  // namespace

void BrokerRuntime::Impl::place_views(Topology& changed) const {
  const auto before = topology();
  std::vector<std::string> there;
  changed.for_each_view([&](const HostedTopic& view) { there.push_back(view.topic->name); });
  for (const auto& name : there) changed.remove(name);
  const auto compile = options_.with([](const BrokerOptions& options) { return options.compile_view; });
  if (!compile) return;
  for (const auto& [name, view] : catalog_.views()) {
    const auto source = changed.find(view->topic);
    if (!source || source->view || changed.find(name)) continue;
    const auto old = before->find(name);
    const bool is_same = old && old->view && old->view->view == view;
    if (is_same && old->view->source == source) {
      changed.add(old);
      continue;
    }
    auto placed = std::make_shared<HostedView>(HostedView{.view = view, .source = source, .takes = nullptr});
    if (is_same && knows_unmarked(*old) == knows_unmarked(*source)) {
      placed->takes = old->view->takes;
    } else if (auto takes = compile(*view->document, knows_unmarked(*source)); takes) {
      placed->takes = std::move(*takes);
    } else {
      diagnostics_->error("view not served view={} topic={} why=\"{}\"", name, view->topic, takes.error().message);
      continue;
    }
    auto hosted = hosted_like(source, *view);
    hosted.view = std::move(placed);
    changed.add(std::make_shared<const HostedTopic>(std::move(hosted)));
  }
}

broker::ViewAnswer BrokerRuntime::Impl::change_view(const broker::ChangeView& wanted) {
  const auto fresh = Uuid::from_random(random_.next(), random_.next());
  auto answer = catalog_.change_view(wanted, fresh, clock_.now().wall);
  if (answer.error != ErrorCode::none || answer.events.empty()) return answer;
  const auto before = catalog_.find_view(wanted.name);
  if (auto done = carry_out(answer.events); !done) {
    diagnostics_->error("view not changed view={} why=\"{}\"", wanted.name, done.error().message);
    return {ErrorCode::kafka_storage_error, done.error().message, {}};
  }
  const auto after = catalog_.find_view(wanted.name);
  publish_view(wanted.name, before && (!after || after->id != before->id));
  if (after) {
    diagnostics_->info("view stored view={} id={} topic={}", wanted.name, after->id.to_string(), after->topic);
  } else {
    diagnostics_->info("view deleted view={}", wanted.name);
  }
  return answer;
}

void BrokerRuntime::Impl::publish_view(const std::string& name, bool is_gone) {
  const auto before = topology()->find(name);
  publish(*topology());
  // Whoever waits there may see more by now, or wait for nothing.
  if (before) {
    for (const auto& partition : before->partitions) partition->wake_readers();
  }
  if (!is_gone) return;
  for (const auto& tell : on_topics_deleted_) tell({name});
}

void BrokerRuntime::change_view(broker::ChangeView view, Callback<void(broker::ViewAnswer)> done) {
  impl_->administrator_->post([impl = impl_.get(), view = std::move(view), done = std::move(done)]() mutable {
    done(impl->change_view(view));
  });
}

}  // namespace millrace::runtime
