#include "support/fake_disk.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "millrace/core/check.hpp"

namespace millrace::support {

namespace {

constexpr std::size_t sector = FakeDisk::sector_bytes;
constexpr std::size_t call_kinds = static_cast<std::size_t>(Call::lock) + 1;

std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

std::string name_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

}  // namespace

struct FakeDisk::Inode {
  bool is_directory = false;
  Bytes shown;                  ///< what reads give
  Bytes safe;                   ///< what a crash cannot touch
  std::set<std::size_t> dirty;  ///< sectors of `shown` that are not safe

  void touch(std::uint64_t begin, std::uint64_t end) {
    for (auto at = begin / sector; at * sector < end; ++at) dirty.insert(at);
  }
  void make_safe() {
    safe = shown;
    dirty.clear();
  }
};

namespace {

/// A change of names: what it takes away and what it puts there.
template <class Inode>
struct NameChange {
  std::string gone;
  std::string come;
  std::shared_ptr<Inode> inode;

  void apply(std::map<std::string, std::shared_ptr<Inode>, std::less<>>& names) const {
    if (const auto at = names.find(gone); !gone.empty() && at != names.end() && at->second == inode) names.erase(at);
    if (!come.empty()) names[come] = inode;
  }
};

}  // namespace

struct FakeDisk::State {
  using Names = std::map<std::string, std::shared_ptr<Inode>, std::less<>>;

  mutable std::mutex mutex;
  Names shown;
  Names safe;
  std::vector<NameChange<Inode>> pending;
  std::uint64_t life = 0;  ///< files of an earlier one are dead
  std::set<std::string, std::less<>> locks;

  std::array<std::uint64_t, call_kinds> counts{};
  std::uint64_t total = 0;
  std::uint64_t fail_in = 0;
  Errc fail_how = Errc::io;
  std::optional<Call> fail_kind;
  bool fail_came = false;
  std::uint64_t cut_in = 0;
  bool off = false;
  std::optional<std::uint64_t> capacity;
  std::atomic<std::size_t> open_files = 0;

  /// Counts the call; the failure that meets it, if any. `midway` is set when it was planned for this very call.
  std::optional<Error> count(Call kind, std::string_view path, bool* midway = nullptr) {
    ++counts[static_cast<std::size_t>(kind)];
    ++total;
    if (off) return Error{Errc::io, std::string(path) + ": the power is off"};
    if (cut_in > 0 && --cut_in == 0) {
      off = true;
      if (midway != nullptr) *midway = true;
      return Error{Errc::io, std::string(path) + ": the power went"};
    }
    if (fail_in > 0 && (!fail_kind || *fail_kind == kind) && --fail_in == 0) {
      fail_came = true;
      if (midway != nullptr) *midway = true;
      return Error{fail_how, std::string(path) + ": a failure was asked for"};
    }
    return std::nullopt;
  }

  std::uint64_t used() const {
    std::uint64_t bytes = 0;
    for (const auto& [path, inode] : shown) bytes += inode->shown.size();
    return bytes;
  }

  std::shared_ptr<Inode> find(std::string_view path) const {
    const auto at = shown.find(path);
    return at == shown.end() ? nullptr : at->second;
  }

  bool has_directory(std::string_view path) const {
    const auto inode = find(path);
    return path.empty() || (inode != nullptr && inode->is_directory);
  }

  void change(NameChange<Inode> change) {
    change.apply(shown);
    pending.push_back(std::move(change));
  }
};

class FakeDisk::FakeFile final : public disk::File {
 public:
  FakeFile(std::shared_ptr<State> state, std::shared_ptr<Inode> inode, std::string path, bool writable)
      : state_(std::move(state)),
        inode_(std::move(inode)),
        path_(std::move(path)),
        writable_(writable),
        life_(state_->life) {
    ++state_->open_files;
  }
  ~FakeFile() override { --state_->open_files; }

  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t position, MutableBytes to) const override {
    const std::scoped_lock lock(state_->mutex);
    if (auto error = begin(Call::read)) return Failure(std::move(*error));
    const auto& bytes = inode_->shown;
    if (position >= bytes.size()) return 0;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), bytes.size() - position));
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(position), length, to.begin());
    return length;
  }

  [[nodiscard]] Result<void> write_at(std::uint64_t position, std::span<const ByteView> pieces) override {
    const std::scoped_lock lock(state_->mutex);
    bool midway = false;
    auto error = begin(Call::write, &midway);
    if (error && !midway) return Failure(std::move(*error));
    CHECK(writable_, "the file was opened for reading");
    Bytes all;
    for (const ByteView piece : pieces) append_bytes(all, piece);
    auto length = all.size();
    // Whatever stops a write, a part of it may have been done.
    if (error) length /= 2;
    const auto end = position + length;
    if (state_->capacity && end > inode_->shown.size()) {
      const auto room = *state_->capacity - std::min(*state_->capacity, state_->used());
      const auto grown = end - inode_->shown.size();
      if (grown > room) {
        length -= static_cast<std::size_t>(std::min<std::uint64_t>(length, grown - room));
        if (!error) error = Error{Errc::no_space, "write " + path_ + ": No space left on device"};
      }
    }
    put(position, ByteView(all).first(length));
    if (error) return Failure(std::move(*error));
    return {};
  }

  [[nodiscard]] Result<void> sync_data() override {
    const std::scoped_lock lock(state_->mutex);
    if (auto error = begin(Call::sync)) {
      if (!state_->off) inode_->dirty.clear();
      return Failure(std::move(*error));
    }
    for (const std::size_t at : inode_->dirty) copy_sector(inode_->shown, inode_->safe, at);
    inode_->dirty.clear();
    resize_safe();
    return {};
  }

  void start_write_back(std::uint64_t, std::uint64_t) override {}

  void forget_cached(std::uint64_t position) override {
    const std::scoped_lock lock(state_->mutex);
    for (auto at = position / sector; at * sector < inode_->shown.size(); ++at) {
      if (inode_->dirty.contains(at)) continue;
      Bytes clean(inode_->shown.size());
      std::copy_n(inode_->safe.begin(), std::min(inode_->safe.size(), clean.size()), clean.begin());
      copy_sector(clean, inode_->shown, at);
    }
  }

  [[nodiscard]] Result<void> truncate(std::uint64_t size) override {
    const std::scoped_lock lock(state_->mutex);
    if (auto error = begin(Call::truncate)) return Failure(std::move(*error));
    const auto before = inode_->shown.size();
    inode_->shown.resize(size);
    inode_->touch(std::min<std::uint64_t>(before, size), std::max<std::uint64_t>(before, size));
    return {};
  }

  [[nodiscard]] Result<void> allocate(std::uint64_t size) override {
    const std::scoped_lock lock(state_->mutex);
    if (auto error = begin(Call::allocate)) return Failure(std::move(*error));
    const auto before = inode_->shown.size();
    if (size <= before) return {};
    if (state_->capacity && state_->used() + size - before > *state_->capacity) {
      return failure(Errc::no_space, "allocate " + path_ + ": No space left on device");
    }
    inode_->shown.resize(size);
    inode_->touch(before, size);
    return {};
  }

  [[nodiscard]] Result<std::uint64_t> size() const override {
    const std::scoped_lock lock(state_->mutex);
    if (auto error = begin(Call::size)) return Failure(std::move(*error));
    return inode_->shown.size();
  }

  [[nodiscard]] std::optional<int> descriptor() const override { return std::nullopt; }

 private:
  std::optional<Error> begin(Call kind, bool* midway = nullptr) const {
    if (life_ != state_->life) return Error{Errc::io, path_ + ": opened in an earlier life"};
    return state_->count(kind, path_, midway);
  }

  void put(std::uint64_t position, ByteView bytes) {
    if (bytes.empty()) return;
    const auto end = position + bytes.size();
    const auto before = inode_->shown.size();
    if (before < end) inode_->shown.resize(end);
    std::ranges::copy(bytes, inode_->shown.begin() + static_cast<std::ptrdiff_t>(position));
    inode_->touch(std::min<std::uint64_t>(position, before), end);
  }

  static void copy_sector(const Bytes& from, Bytes& to, std::size_t at) {
    const auto begin = at * sector;
    if (begin >= from.size()) return;
    const auto end = std::min(begin + sector, from.size());
    if (to.size() < end) to.resize(end);
    std::copy(from.begin() + static_cast<std::ptrdiff_t>(begin), from.begin() + static_cast<std::ptrdiff_t>(end),
              to.begin() + static_cast<std::ptrdiff_t>(begin));
  }

  void resize_safe() { inode_->safe.resize(inode_->shown.size()); }

  std::shared_ptr<State> state_;
  std::shared_ptr<Inode> inode_;
  std::string path_;
  bool writable_;
  std::uint64_t life_;
};

class FakeDisk::FakeLock final : public disk::DirectoryLock {
 public:
  FakeLock(std::shared_ptr<State> state, std::string path)
      : state_(std::move(state)), path_(std::move(path)), life_(state_->life) {}
  ~FakeLock() override {
    const std::scoped_lock lock(state_->mutex);
    if (life_ == state_->life) state_->locks.erase(path_);
  }

 private:
  std::shared_ptr<State> state_;
  std::string path_;
  std::uint64_t life_;
};

FakeDisk::FakeDisk() : state_(std::make_shared<State>()) {}
FakeDisk::~FakeDisk() = default;

void FakeDisk::fail(std::uint64_t nth, Errc how, std::optional<Call> kind) {
  const std::scoped_lock lock(state_->mutex);
  state_->fail_in = nth;
  state_->fail_how = how;
  state_->fail_kind = kind;
  state_->fail_came = false;
}

bool FakeDisk::failed() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->fail_came;
}

void FakeDisk::cut_power(std::uint64_t nth) {
  const std::scoped_lock lock(state_->mutex);
  state_->cut_in = nth;
}

bool FakeDisk::power_is_off() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->off;
}

void FakeDisk::set_capacity(std::optional<std::uint64_t> bytes) {
  const std::scoped_lock lock(state_->mutex);
  state_->capacity = bytes;
}

std::uint64_t FakeDisk::calls() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->total;
}

std::uint64_t FakeDisk::calls(Call kind) const {
  const std::scoped_lock lock(state_->mutex);
  return state_->counts[static_cast<std::size_t>(kind)];
}

Result<std::shared_ptr<disk::File>> FakeDisk::open(std::string_view path, disk::Open how) {
  const std::scoped_lock lock(state_->mutex);
  if (auto error = state_->count(Call::open, path)) return Failure(std::move(*error));
  auto inode = state_->find(path);
  const bool may_create = how != disk::Open::read && how != disk::Open::write;
  if (inode != nullptr && how == disk::Open::create) return failure(Errc::exists, std::string(path) + ": exists");
  if (inode != nullptr && inode->is_directory) return failure(Errc::io, std::string(path) + ": is a directory");
  if (inode == nullptr) {
    if (!may_create || !state_->has_directory(parent_of(path))) {
      return failure(Errc::not_found, std::string(path) + ": no such file");
    }
    inode = std::make_shared<Inode>();
    state_->change({.gone = {}, .come = std::string(path), .inode = inode});
  }
  return std::make_shared<FakeFile>(state_, std::move(inode), std::string(path), how != disk::Open::read);
}

Result<void> FakeDisk::rename(std::string_view from, std::string_view to) {
  const std::scoped_lock lock(state_->mutex);
  if (auto error = state_->count(Call::rename, from)) return Failure(std::move(*error));
  const auto inode = state_->find(from);
  if (inode == nullptr || !state_->has_directory(parent_of(to))) {
    return failure(Errc::not_found, std::string(from) + ": no such file, or no folder for " + std::string(to));
  }
  if (inode->is_directory) {
    const std::string below = std::string(from) + "/";
    std::vector<std::string> inside;
    for (const auto& [path, other] : state_->shown) {
      if (path.starts_with(below)) inside.push_back(path);
    }
    state_->change({.gone = std::string(from), .come = std::string(to), .inode = inode});
    for (const auto& path : inside) {
      const auto moved = std::string(to) + "/" + path.substr(below.size());
      state_->change({.gone = path, .come = moved, .inode = state_->find(path)});
    }
    return {};
  }
  state_->change({.gone = std::string(from), .come = std::string(to), .inode = inode});
  return {};
}

Result<void> FakeDisk::remove_file(std::string_view path) {
  const std::scoped_lock lock(state_->mutex);
  if (auto error = state_->count(Call::remove_file, path)) return Failure(std::move(*error));
  const auto inode = state_->find(path);
  if (inode == nullptr || inode->is_directory) return failure(Errc::not_found, std::string(path) + ": no such file");
  state_->change({.gone = std::string(path), .come = {}, .inode = inode});
  return {};
}

Result<void> FakeDisk::make_directory(std::string_view path) {
  const std::scoped_lock lock(state_->mutex);
  if (auto error = state_->count(Call::make_directory, path)) return Failure(std::move(*error));
  if (state_->find(path) != nullptr) return failure(Errc::exists, std::string(path) + ": exists");
  if (!state_->has_directory(parent_of(path))) return failure(Errc::not_found, std::string(path) + ": no parent");
  auto inode = std::make_shared<Inode>();
  inode->is_directory = true;
  state_->change({.gone = {}, .come = std::string(path), .inode = std::move(inode)});
  return {};
}

Result<void> FakeDisk::remove_directory(std::string_view path) {
  const std::scoped_lock lock(state_->mutex);
  if (auto error = state_->count(Call::remove_directory, path)) return Failure(std::move(*error));
  const auto inode = state_->find(path);
  if (inode == nullptr || !inode->is_directory) return failure(Errc::not_found, std::string(path) + ": no directory");
  const auto first = state_->shown.lower_bound(std::string(path) + "/");
  if (first != state_->shown.end() && first->first.starts_with(std::string(path) + "/")) {
    return failure(Errc::exists, std::string(path) + ": is not empty");
  }
  state_->change({.gone = std::string(path), .come = {}, .inode = inode});
  return {};
}

Result<std::vector<disk::Entry>> FakeDisk::list(std::string_view path) {
  const std::scoped_lock lock(state_->mutex);
  if (auto error = state_->count(Call::list, path)) return Failure(std::move(*error));
  if (!state_->has_directory(path)) return failure(Errc::not_found, std::string(path) + ": no such directory");
  std::vector<disk::Entry> entries;
  for (const auto& [name, inode] : state_->shown) {
    if (parent_of(name) == path) entries.push_back({support::name_of(name), inode->is_directory});
  }
  return entries;
}

Result<bool> FakeDisk::exists(std::string_view path) {
  const std::scoped_lock lock(state_->mutex);
  if (auto error = state_->count(Call::exists, path)) return Failure(std::move(*error));
  return state_->find(path) != nullptr;
}

Result<std::uint64_t> FakeDisk::size_of(std::string_view path) {
  const std::scoped_lock lock(state_->mutex);
  if (auto error = state_->count(Call::size_of, path)) return Failure(std::move(*error));
  const auto inode = state_->find(path);
  if (inode == nullptr) return failure(Errc::not_found, std::string(path) + ": no such file");
  return inode->shown.size();
}

Result<void> FakeDisk::sync_directory(std::string_view path) {
  const std::scoped_lock lock(state_->mutex);
  if (auto error = state_->count(Call::sync_directory, path)) return Failure(std::move(*error));
  if (!state_->has_directory(path)) return failure(Errc::not_found, std::string(path) + ": no such directory");
  // What was done to a name before goes first: a rename that is safe makes its file's creation safe, too.
  auto& pending = state_->pending;
  std::vector<bool> chosen(pending.size());
  std::set<std::string, std::less<>> names;
  for (std::size_t i = pending.size(); i-- > 0;) {
    const auto touches = [&](const std::string& name) {
      return !name.empty() && (parent_of(name) == path || names.contains(name));
    };
    if (!touches(pending[i].gone) && !touches(pending[i].come)) continue;
    chosen[i] = true;
    names.insert({pending[i].gone, pending[i].come});
  }
  std::vector<NameChange<Inode>> left;
  for (std::size_t i = 0; i < pending.size(); ++i) {
    if (chosen[i]) {
      pending[i].apply(state_->safe);
    } else {
      left.push_back(std::move(pending[i]));
    }
  }
  pending = std::move(left);
  return {};
}

std::size_t FakeDisk::open_files() const { return state_->open_files; }

Result<disk::Space> FakeDisk::space() {
  const std::scoped_lock lock(state_->mutex);
  if (auto error = state_->count(Call::space, "")) return Failure(std::move(*error));
  const std::uint64_t total = state_->capacity.value_or(std::uint64_t{1} << 40);
  return disk::Space{.total_bytes = total, .free_bytes = total - std::min(total, state_->used())};
}

Result<std::unique_ptr<disk::DirectoryLock>> FakeDisk::lock(std::string_view path, std::string_view holder) {
  const std::scoped_lock lock(state_->mutex);
  if (auto error = state_->count(Call::lock, path)) return Failure(std::move(*error));
  if (!state_->locks.emplace(path).second) {
    return failure(Errc::busy, std::string(path) + " is held by " + std::string(holder));
  }
  return std::make_unique<FakeLock>(state_, std::string(path));
}

// What survives.

namespace {

/// The bytes of one file after a crash.
template <class Inode>
Bytes survivor(const Inode& inode, Crash how, SeededRandom& random) {
  if (how == Crash::lose) return inode.safe;
  if (how == Crash::keep) return inode.shown;
  Bytes bytes = inode.safe;
  const bool size_got_through = how == Crash::zero_fill || random.chance(50);
  bytes.resize(size_got_through ? inode.shown.size() : inode.safe.size());
  for (const std::size_t at : inode.dirty) {
    const auto begin = at * sector;
    auto end = std::min({begin + sector, bytes.size(), inode.shown.size()});
    if (begin >= end) continue;
    const auto luck = random.below(4);
    if (luck == 0) continue;
    if (how == Crash::zero_fill && luck == 1) {
      // Only what was never safe may turn into zeros: a sector holds its old bytes or its new ones.
      const auto from = std::max(begin, std::min(inode.safe.size(), end));
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(end),
                std::byte{0});
      continue;
    }
    if (how == Crash::tear && luck == 1) end = begin + random.below(end - begin + 1);
    std::copy(inode.shown.begin() + static_cast<std::ptrdiff_t>(begin),
              inode.shown.begin() + static_cast<std::ptrdiff_t>(end),
              bytes.begin() + static_cast<std::ptrdiff_t>(begin));
  }
  return bytes;
}

}  // namespace

void FakeDisk::crash(Crash how, std::uint64_t seed) {
  const std::scoped_lock lock(state_->mutex);
  SeededRandom random(seed);
  State::Names names = state_->safe;
  for (const auto& change : state_->pending) {
    const bool through = how == Crash::keep || (how != Crash::lose && random.chance(50));
    if (through) change.apply(names);
  }
  // A name in a folder that is gone leads nowhere. Names are sorted, so a folder comes before what is in it.
  for (auto at = names.begin(); at != names.end();) {
    const auto parent = parent_of(at->first);
    const auto folder = names.find(parent);
    const bool reachable = parent.empty() || (folder != names.end() && folder->second->is_directory);
    at = reachable ? std::next(at) : names.erase(at);
  }
  std::map<const Inode*, std::shared_ptr<Inode>> survivors;
  for (auto& [path, inode] : names) {
    auto& after = survivors[inode.get()];
    if (after == nullptr) {
      after = std::make_shared<Inode>();
      after->is_directory = inode->is_directory;
      after->shown = survivor(*inode, how, random);
      after->make_safe();
    }
    inode = after;
  }
  state_->shown = state_->safe = std::move(names);
  state_->pending.clear();
  state_->locks.clear();
  ++state_->life;
  state_->fail_in = state_->cut_in = 0;
  state_->off = false;
}

void FakeDisk::restart() {
  const std::scoped_lock lock(state_->mutex);
  state_->locks.clear();
  ++state_->life;
  state_->fail_in = state_->cut_in = 0;
}

std::vector<std::string> FakeDisk::files() const {
  const std::scoped_lock lock(state_->mutex);
  std::vector<std::string> paths;
  for (const auto& [path, inode] : state_->shown) {
    if (!inode->is_directory) paths.push_back(path);
  }
  return paths;
}

std::optional<Bytes> FakeDisk::content(std::string_view path) const {
  const std::scoped_lock lock(state_->mutex);
  const auto inode = state_->find(path);
  if (inode == nullptr || inode->is_directory) return std::nullopt;
  return inode->shown;
}

void FakeDisk::set_content(std::string_view path, ByteView bytes) {
  const std::scoped_lock lock(state_->mutex);
  auto inode = std::make_shared<Inode>();
  inode->shown.assign(bytes.begin(), bytes.end());
  inode->make_safe();
  state_->shown[std::string(path)] = state_->safe[std::string(path)] = std::move(inode);
}

void FakeDisk::flip(std::string_view path, std::uint64_t position, std::uint8_t mask) {
  const std::scoped_lock lock(state_->mutex);
  const auto inode = state_->find(path);
  CHECK(inode != nullptr && position < inode->shown.size(), "a byte that is there");
  inode->shown[position] ^= std::byte{mask};
  if (position < inode->safe.size()) inode->safe[position] ^= std::byte{mask};
}

void FakeDisk::erase(std::string_view path) {
  const std::scoped_lock lock(state_->mutex);
  if (const auto at = state_->shown.find(path); at != state_->shown.end()) state_->shown.erase(at);
  if (const auto at = state_->safe.find(path); at != state_->safe.end()) state_->safe.erase(at);
}

std::unique_ptr<FakeDisk> FakeDisk::copy() const {
  const std::scoped_lock lock(state_->mutex);
  auto other = std::make_unique<FakeDisk>();
  std::map<const Inode*, std::shared_ptr<Inode>> copies;
  const auto copied = [&](const std::shared_ptr<Inode>& inode) {
    auto& to = copies[inode.get()];
    if (to == nullptr) to = std::make_shared<Inode>(*inode);
    return to;
  };
  for (const auto& [path, inode] : state_->shown) other->state_->shown[path] = copied(inode);
  for (const auto& [path, inode] : state_->safe) other->state_->safe[path] = copied(inode);
  for (const auto& change : state_->pending) {
    other->state_->pending.push_back({.gone = change.gone, .come = change.come, .inode = copied(change.inode)});
  }
  other->state_->capacity = state_->capacity;
  return other;
}

}  // namespace millrace::support
