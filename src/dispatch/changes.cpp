// Changes that the owners of subscriptions ask for: each is durable before it is answered.

#include "dispatcher_impl.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/redrive/letters.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::dispatch {

using Why = Refusal::Why;

namespace {

constexpr Milliseconds again_after{1'000};

tl::unexpected<Refusal> unknown(const std::string& id) {
  return refused(Why::unknown_subscription, "there is no subscription " + escaped(id));
}

}  // namespace

Answered<void> Dispatcher::Impl::store(std::vector<broker::ChangeDocument> documents) {
  const auto answer = answer_to<broker::AlterAnswer>(
      [&](auto done) { broker.change_documents(std::move(documents), std::move(done)); });
  if (answer.error == ErrorCode::none) return {};
  return refused(Why::unavailable, answer.message);
}

Answered<void> Dispatcher::Impl::store(const std::string& id, std::optional<std::string> json) {
  return store({{.kind = broker::DocumentKind::subscription, .id = id, .json = std::move(json)}});
}

Answered<void> Dispatcher::Impl::store(const Kept& kept) {
  auto document = write_document(kept, secrets);
  if (!document) return refused(Why::unavailable, document.error().message);
  return store(kept.subscription->id, *std::move(document));
}

Answered<View> Dispatcher::Impl::replace(const std::string& id, const std::string& json, bool dry_run) {
  const auto before = find(id);
  if (!before) return unknown(id);
  auto read = subscriptions::read_update(json, *before->kept.subscription, *inheritance_now());
  if (!read) return refused(std::move(read.error()));
  if (!is_served(read->protocol)) return not_served(read->protocol);
  if (auto allowed = check_sink(*read); !allowed) return tl::unexpected(std::move(allowed.error()));
  if (auto writable = check_letters(*read); !writable) return tl::unexpected(std::move(writable.error()));
  auto kept = before->kept;
  kept.subscription = std::make_shared<const subscriptions::Subscription>(*std::move(read));
  kept.locked_credential.clear();
  if (dry_run) return view_of({.kept = std::move(kept), .runner = before->runner, .life = before->life});
  if (auto stored = store(kept); !stored) return tl::unexpected(std::move(stored.error()));
  // Who is answered is not handed out anything by the old rules.
  const auto error = answer_to<ErrorCode>([&](auto done) { serve(kept, std::move(done)); });
  if (error != ErrorCode::none && error != ErrorCode::unknown_topic_or_partition)
    diagnostics->error("subscription not served by its new rules id={} error={}", id, name_of(error));
  diagnostics->info("subscription replaced id={}", id);
  return put(std::move(kept), before);
}

Answered<View> Dispatcher::Impl::remove(const std::string& id) {
  const auto before = find(id);
  if (!before) return unknown(id);
  auto kept = before->kept;
  kept.is_removing = true;
  // From here on it is gone, whatever comes in between.
  if (auto stored = store(kept); !stored) return tl::unexpected(std::move(stored.error()));
  entries.with([&](Entries& those) { those.erase(id); });
  if (before->runner) before->runner->stop();
  diagnostics->info("subscription removed id={}", id);
  finish_removal(id);
  return view_of({.kept = std::move(kept)});
}

bool Dispatcher::Impl::forget(const std::string& id) {
  const auto error = answer_to<ErrorCode>([&](auto done) { delivery.forget(id, std::move(done)); });
  if (letters != nullptr) letters->forget(id);
  return error == ErrorCode::none || error == ErrorCode::resource_not_found;
}

void Dispatcher::Impl::finish_removal(const std::string& id) {
  // Who has joined it meanwhile keeps the group; the other errors say that it is gone.
  (void)answer_to<ErrorCode>([&](auto done) {
    groups.delete_group({.group_id = group_of(id)},
                        [done](const runtime::GroupAnswer<groups::DeleteGroupReply>& answer) mutable {
                          done(answer ? answer->error : answer.error());
                        });
  });
  if (forget(id) && store(id, std::nullopt)) return;
  diagnostics->warn("subscription not forgotten yet id={}", id);
  work.post_after(again_after, [this, id] { finish_removal(id); });
}

}  // namespace millrace::dispatch
