#pragma once
// One function for every route, each in a file of what it is about. docs/http.md lists them.

#include "api.hpp"

namespace millrace::http::routes {

runtime::Task<Response> live(const Context& context, Request request);
runtime::Task<Response> ready(const Context& context, Request request);
runtime::Task<Response> metrics(const Context& context, Request request);
runtime::Task<Response> cluster(const Context& context, Request request);
runtime::Task<Response> describe_api(const Context& context, Request request);
runtime::Task<Response> list_config(const Context& context, Request request);
runtime::Task<Response> describe_config(const Context& context, Request request);
runtime::Task<Response> alter_config(const Context& context, Request request);
runtime::Task<Response> list_loggers(const Context& context, Request request);
runtime::Task<Response> set_loggers(const Context& context, Request request);
runtime::Task<Response> list_brokers(const Context& context, Request request);
runtime::Task<Response> list_connections(const Context& context, Request request);
runtime::Task<Response> list_log_directories(const Context& context, Request request);
runtime::Task<Response> list_topics(const Context& context, Request request);
runtime::Task<Response> describe_topic(const Context& context, Request request);
runtime::Task<Response> create_topic(const Context& context, Request request);
runtime::Task<Response> alter_topic(const Context& context, Request request);
runtime::Task<Response> delete_topic(const Context& context, Request request);
runtime::Task<Response> trim_topic(const Context& context, Request request);
runtime::Task<Response> publish_events(const Context& context, Request request);
runtime::Task<Response> list_dead_letter_topics(const Context& context, Request request);
runtime::Task<Response> list_dead_letters(const Context& context, Request request);
runtime::Task<Response> describe_dead_letter(const Context& context, Request request);
runtime::Task<Response> edit_dead_letter(const Context& context, Request request);
runtime::Task<Response> try_policy(const Context& context, Request request);
runtime::Task<Response> discard_dead_letters(const Context& context, Request request);
runtime::Task<Response> reject_record(const Context& context, Request request);
runtime::Task<Response> adopt_dead_letters(const Context& context, Request request);
runtime::Task<Response> unadopt_dead_letters(const Context& context, Request request);
runtime::Task<Response> list_redrives(const Context& context, Request request);
runtime::Task<Response> begin_redrive(const Context& context, Request request);
runtime::Task<Response> describe_redrive(const Context& context, Request request);
runtime::Task<Response> pause_redrive(const Context& context, Request request);
runtime::Task<Response> resume_redrive(const Context& context, Request request);
runtime::Task<Response> cancel_redrive(const Context& context, Request request);
runtime::Task<Response> forget_redrive(const Context& context, Request request);
runtime::Task<Response> route_events(const Context& context, Request request);
runtime::Task<Response> list_defaults(const Context& context, Request request);
runtime::Task<Response> put_cluster_defaults(const Context& context, Request request);
runtime::Task<Response> describe_topic_defaults(const Context& context, Request request);
runtime::Task<Response> put_topic_defaults(const Context& context, Request request);
runtime::Task<Response> list_rules(const Context& context, Request request);
runtime::Task<Response> describe_rule(const Context& context, Request request);
runtime::Task<Response> put_rule(const Context& context, Request request);
runtime::Task<Response> delete_rule(const Context& context, Request request);
runtime::Task<Response> read_topic_events(const Context& context, Request request);
runtime::Task<Response> read_partition_events(const Context& context, Request request);
runtime::Task<Response> stream_events(const Context& context, Request request);
runtime::Task<Response> web_socket_events(const Context& context, Request request);
runtime::Task<Response> list_views(const Context& context, Request request);
runtime::Task<Response> describe_view(const Context& context, Request request);
runtime::Task<Response> store_view(const Context& context, Request request);
runtime::Task<Response> delete_view(const Context& context, Request request);
runtime::Task<Response> list_catalogue(const Context& context, Request request);
runtime::Task<Response> list_groups(const Context& context, Request request);
runtime::Task<Response> describe_group(const Context& context, Request request);
runtime::Task<Response> await_group(const Context& context, Request request);
runtime::Task<Response> poll_group(const Context& context, Request request);
runtime::Task<Response> commit_offsets(const Context& context, Request request);
runtime::Task<Response> leave_group(const Context& context, Request request);
runtime::Task<Response> reset_group(const Context& context, Request request);
runtime::Task<Response> delete_group(const Context& context, Request request);
runtime::Task<Response> list_subscriptions(const Context& context, Request request);
runtime::Task<Response> describe_subscription(const Context& context, Request request);
runtime::Task<Response> create_subscription(const Context& context, Request request);
runtime::Task<Response> replace_subscription(const Context& context, Request request);
runtime::Task<Response> delete_subscription(const Context& context, Request request);
runtime::Task<Response> resume_subscription(const Context& context, Request request);
runtime::Task<Response> test_subscription(const Context& context, Request request);
runtime::Task<Response> pull_events(const Context& context, Request request);
runtime::Task<Response> receive_events(const Context& context, Request request);
runtime::Task<Response> acknowledge_events(const Context& context, Request request);
runtime::Task<Response> renew_events(const Context& context, Request request);
runtime::Task<Response> release_events(const Context& context, Request request);
runtime::Task<Response> fail_events(const Context& context, Request request);
runtime::Task<Response> reject_events(const Context& context, Request request);

/// To whom asks for it before it publishes: which types are taken, and the consent of a web hook's target (HTTP 1.1 Web
/// Hooks for Event Delivery, section 4.2): everybody who may reach this door may publish, as fast as the broker takes
/// it.
void consent(const Request& request, Response& response);

}  // namespace millrace::http::routes
