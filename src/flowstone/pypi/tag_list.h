// TagList: the tags that an interpreter accepts, best first.
//
// About a thousand tags are combinations of some twenty interpreters, a few ABIs and fifty
// platforms, so the list keeps each name once and a tag as three small numbers. Immutable; copies
// share their memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/pypi/tags.h"

namespace flowstone::pypi {

class TagList {
 public:
  class Builder;

  // No tag at all.
  TagList();
  // Of repeated tags the first counts.
  explicit TagList(const std::vector<Tag>& tags);

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  Tag operator[](std::size_t position) const;
  // The platforms that tags name, each once, in the order of their best tags.
  const std::vector<std::string>& platforms() const;

  // The position of the tag, 0 being the best; nothing when it is not accepted.
  std::optional<std::size_t> Priority(const Tag& tag) const;
  // The best position of any combination in the set.
  std::optional<std::size_t> Priority(const TagSet& set) const;
  // The same of a set as file names have it, "py2.py3-none-any", without TagSet's memory: many
  // thousands are looked at. Nothing for what is no tag set.
  std::optional<std::size_t> PriorityOf(std::string_view set) const;

  // Equal for equal lists, and for those alone: of the names and the rows.
  const Digest& digest() const;

  friend bool operator==(const TagList& a, const TagList& b);

 private:
  class Names {
   public:
    std::uint16_t Add(std::string_view name);
    std::optional<std::uint16_t> Find(std::string_view name) const;
    const std::vector<std::string>& all() const { return all_; }

   private:
    struct Hash {
      using is_transparent = void;
      std::size_t operator()(std::string_view name) const {
        return std::hash<std::string_view>()(name);
      }
    };

    std::vector<std::string> all_;
    std::unordered_map<std::string, std::uint16_t, Hash, std::equal_to<>> numbers_;
  };
  struct Row {
    std::uint16_t python;
    std::uint16_t abi;
    std::uint16_t platform;
    friend bool operator==(const Row&, const Row&) = default;
  };
  struct Data {
    Names pythons;
    Names abis;
    Names platforms;
    std::vector<Row> rows;
    std::vector<std::uint32_t> positions;  // by combination; 0: none, else 1 more than in rows
    Digest digest;

    std::size_t Slot(Row row) const {
      return (std::size_t{row.python} * abis.all().size() + row.abi) * platforms.all().size() +
             row.platform;
    }
  };

  // Calls `visit` with the number of each piece of "a.b.c" that is one of `names`.
  template <class Visit>
  static void EachKnown(const Names& names, std::string_view pieces, const Visit& visit);

  static Digest DigestOf(const Data& data);

  explicit TagList(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

  std::shared_ptr<const Data> data_;  // never null
};

// Takes tags in order, best first.
class TagList::Builder {
 public:
  Builder();

  void Append(std::string_view python, std::string_view abi, std::string_view platform);
  // One tag for each of the platforms.
  void Append(std::string_view python, std::string_view abi,
              std::span<const std::string> platforms);
  // The list; the builder is empty after it.
  TagList Build();

 private:
  std::shared_ptr<Data> data_;
  // Most calls name the same platforms again.
  std::vector<std::string> last_platforms_;
  std::vector<std::uint16_t> last_numbers_;
};

}  // namespace flowstone::pypi
