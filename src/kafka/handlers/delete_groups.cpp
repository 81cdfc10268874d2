#include <atomic>
#include <set>

#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;

namespace {

/// One request on its way: each group has a coordinator of its own, and the last one that is done sends the answer.
struct Deletion {
  explicit Deletion(Answer<DeleteGroupsResponse> to) : answer(std::move(to)) {}

  void finish_one() {
    if (open.fetch_sub(1) == 1) answer.send(response);
  }

  DeleteGroupsResponse response;
  Answer<DeleteGroupsResponse> answer;
  std::atomic<std::size_t> open = 1;  ///< the request itself counts as one until all groups were asked
};

}  // namespace

void handle(const Context& context, const Call&, DeleteGroupsRequest request, Answer<DeleteGroupsResponse> answer) {
  const auto deletion = std::make_shared<Deletion>(std::move(answer));
  auto& results = deletion->response.results;
  // A group that is named twice is deleted and answered for once, as by Kafka.
  std::set<std::string> seen;
  for (auto& name : request.groups_names) {
    if (seen.insert(name).second) results.push_back({.group_id = std::move(name)});
  }
  for (auto& result : results) {
    deletion->open.fetch_add(1);
    context.groups.delete_group({.group_id = result.group_id},
                                [deletion, &result](runtime::GroupAnswer<groups::DeleteGroupReply> reply) {
                                  result.error_code = reply ? reply->error : reply.error();
                                  deletion->finish_one();
                                });
  }
  deletion->finish_one();
}

}  // namespace millrace::kafka::handlers
