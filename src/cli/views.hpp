#pragma once
// What the commands print: an answer of the broker as text for people, or as names alone for a pipe. Pure.

#include <string>

#include "client.hpp"
#include "paint.hpp"

namespace millrace::cli {

/// How an answer is shown to people, and which names in it are for a pipe (-o id).
struct View {
  std::string (*text)(const Json& body, const Paint& paint);
  std::string (*ids)(const Json& body);
};

namespace views {
extern const View cluster, topics, topic, changed_topic, groups, group, health, reset, trimmed, published, catalogue,
    configs, config, loggers, log_directories, connections, subscriptions, subscription, sink_test, policy, defaults,
    policy_trial, settled, derived_views, derived_view, rules, rule, letter_topics, letter_counts, letters, letter,
    selected, discarded, rejected, redrive_jobs, redrive_job;
}  // namespace views

}  // namespace millrace::cli
