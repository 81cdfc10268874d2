#pragma once
// Documents of one kind by their ids, in the order of those.
//
// Each change of the catalogue is made on a copy and published as one, and there may be tens of thousands of documents.
// So a copy shares everything with what it is a copy of, in blocks of a few dozen, and a change makes one block anew.
// A value. Copies may be read on any threads while one of them is changed.

#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::broker {

class DocumentMap {
 public:
  /// An id, and an object of JSON; never null.
  using value_type = std::pair<const std::string, std::shared_ptr<const std::string>>;

 private:
  using Block = std::vector<std::shared_ptr<const value_type>>;

 public:
  /// Good until the map that it is of is changed.
  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = DocumentMap::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    const_iterator() = default;
    reference operator*() const { return **at(); }
    pointer operator->() const { return at()->get(); }
    const_iterator& operator++() {
      if (++place_ == (*blocks_)[block_]->size()) {
        ++block_;
        place_ = 0;
      }
      return *this;
    }
    const_iterator operator++(int) { return std::exchange(*this, std::next(*this)); }
    bool operator==(const const_iterator&) const = default;

   private:
    friend DocumentMap;
    using Blocks = std::vector<std::shared_ptr<Block>>;
    const_iterator(const Blocks& blocks, std::size_t block, std::size_t place)
        : blocks_(&blocks), block_(block), place_(place) {}
    [[nodiscard]] const std::shared_ptr<const value_type>* at() const { return &(*(*blocks_)[block_])[place_]; }

    const Blocks* blocks_ = nullptr;
    std::size_t block_ = 0;
    std::size_t place_ = 0;
  };
  using iterator = const_iterator;

  [[nodiscard]] const_iterator begin() const { return {blocks_, 0, 0}; }
  [[nodiscard]] const_iterator end() const { return {blocks_, blocks_.size(), 0}; }
  [[nodiscard]] const_iterator find(std::string_view id) const;
  [[nodiscard]] bool contains(std::string_view id) const { return find(id) != end(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  void insert_or_assign(const std::string& id, std::shared_ptr<const std::string> document);
  /// Nothing happens when there is none.
  void erase(std::string_view id);

  static constexpr std::size_t block_max = 128;

 private:
  /// Where `id` is, or would be: the block, which is there unless there are none at all, and the place in it.
  [[nodiscard]] std::pair<std::size_t, std::size_t> place_of(std::string_view id) const;
  [[nodiscard]] bool is_at(std::pair<std::size_t, std::size_t> place, std::string_view id) const;
  /// Nobody else's from here on.
  [[nodiscard]] Block& own(std::size_t block);

  std::vector<std::shared_ptr<Block>> blocks_;  ///< none is empty; ids ascend
  std::size_t size_ = 0;
};

}  // namespace millrace::broker
