#include "flowstone/pypi/tag_list.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"

namespace flowstone::pypi {

template <class Visit>
void TagList::EachKnown(const Names& names, std::string_view pieces, const Visit& visit) {
  while (true) {
    const std::size_t dot = pieces.find('.');
    const std::string_view piece = pieces.substr(0, dot);
    std::optional<std::uint16_t> number = names.Find(piece);
    if (!number && std::ranges::any_of(piece, [](char c) { return c >= 'A' && c <= 'Z'; })) {
      number = names.Find(AsciiLower(piece));
    }
    if (number) {
      visit(*number);
    }
    if (dot == pieces.npos) {
      return;
    }
    pieces.remove_prefix(dot + 1);
  }
}

std::uint16_t TagList::Names::Add(std::string_view name) {
  if (const std::optional<std::uint16_t> known = Find(name)) {
    return *known;
  }
  const std::size_t number = all_.size();
  FLOWSTONE_CHECK(number < std::numeric_limits<std::uint16_t>::max());
  all_.emplace_back(name);
  return numbers_.emplace(name, static_cast<std::uint16_t>(number)).first->second;
}

std::optional<std::uint16_t> TagList::Names::Find(std::string_view name) const {
  const auto known = numbers_.find(name);
  return known == numbers_.end() ? std::nullopt : std::optional(known->second);
}

TagList::Builder::Builder() : data_(std::make_shared<Data>()) {}

void TagList::Builder::Append(std::string_view python, std::string_view abi,
                              std::string_view platform) {
  data_->rows.push_back({.python = data_->pythons.Add(python),
                         .abi = data_->abis.Add(abi),
                         .platform = data_->platforms.Add(platform)});
}

void TagList::Builder::Append(std::string_view python, std::string_view abi,
                              std::span<const std::string> platforms) {
  if (!std::ranges::equal(platforms, last_platforms_)) {
    last_platforms_.assign(platforms.begin(), platforms.end());
    last_numbers_.clear();
    for (const std::string& platform : platforms) {
      last_numbers_.push_back(data_->platforms.Add(platform));
    }
  }
  Row row{.python = data_->pythons.Add(python), .abi = data_->abis.Add(abi), .platform = 0};
  for (const std::uint16_t platform : last_numbers_) {
    row.platform = platform;
    data_->rows.push_back(row);
  }
}

// A line for each kind of names, then the rows as they lie: a fifth of the length of the tags, for
// every request is known by this.
Digest TagList::DigestOf(const Data& data) {
  std::string text;
  for (const Names* names : {&data.pythons, &data.abis, &data.platforms}) {
    text.append(JoinText(names->all(), " ")).append("\n");
  }
  constexpr std::size_t row_bytes = 6;
  const std::size_t names_size = text.size();
  text.resize(names_size + data.rows.size() * row_bytes);
  auto place = text.begin() + static_cast<std::ptrdiff_t>(names_size);
  for (const Row& row : data.rows) {
    for (const std::uint16_t number : {row.python, row.abi, row.platform}) {
      *place++ = static_cast<char>(number & 0xFFU);
      *place++ = static_cast<char>(number >> 8U);
    }
  }
  return Digest::Of(text);
}

TagList TagList::Builder::Build() {
  const std::shared_ptr<Data> data = std::exchange(data_, std::make_shared<Data>());
  last_platforms_.clear();
  data->positions.resize(data->pythons.all().size() * data->abis.all().size() *
                         data->platforms.all().size());
  const std::vector<Row> all = std::exchange(data->rows, {});
  data->rows.reserve(all.size());
  for (const Row& row : all) {
    std::uint32_t& position = data->positions[data->Slot(row)];
    if (position != 0) {
      continue;
    }
    data->rows.push_back(row);
    position = static_cast<std::uint32_t>(data->rows.size());
  }
  data->digest = DigestOf(*data);
  return TagList(data);
}

TagList::TagList() {
  static const std::shared_ptr<const Data> nothing = [] {
    auto data = std::make_shared<Data>();
    data->digest = DigestOf(*data);
    return data;
  }();
  data_ = nothing;
}

TagList::TagList(const std::vector<Tag>& tags) {
  Builder builder;
  for (const Tag& tag : tags) {
    builder.Append(tag.python, tag.abi, tag.platform);
  }
  *this = builder.Build();
}

std::size_t TagList::size() const {
  return data_->rows.size();
}

Tag TagList::operator[](std::size_t position) const {
  const Row& row = data_->rows[position];
  return {.python = data_->pythons.all()[row.python],
          .abi = data_->abis.all()[row.abi],
          .platform = data_->platforms.all()[row.platform]};
}

const std::vector<std::string>& TagList::platforms() const {
  return data_->platforms.all();
}

std::optional<std::size_t> TagList::Priority(const Tag& tag) const {
  return Priority(TagSet{.pythons = {tag.python}, .abis = {tag.abi}, .platforms = {tag.platform}});
}

std::optional<std::size_t> TagList::Priority(const TagSet& set) const {
  return PriorityOf(set.ToString());
}

std::optional<std::size_t> TagList::PriorityOf(std::string_view set) const {
  const std::size_t first = set.find('-');
  const std::size_t second = first == set.npos ? first : set.find('-', first + 1);
  if (second == set.npos || set.find('-', second + 1) != set.npos) {
    return std::nullopt;
  }
  std::uint32_t best = 0;  // 1 more than the position
  // Most sets that do not fit are those of another interpreter's extensions.
  EachKnown(data_->abis, set.substr(first + 1, second - first - 1), [&](std::uint16_t abi) {
    EachKnown(data_->pythons, set.substr(0, first), [&](std::uint16_t python) {
      EachKnown(data_->platforms, set.substr(second + 1), [&](std::uint16_t platform) {
        const std::uint32_t position =
            data_->positions[data_->Slot({.python = python, .abi = abi, .platform = platform})];
        if (position != 0 && (best == 0 || position < best)) {
          best = position;
        }
      });
    });
  });
  return best == 0 ? std::nullopt : std::optional<std::size_t>(best - 1);
}

const Digest& TagList::digest() const {
  return data_->digest;
}

bool operator==(const TagList& a, const TagList& b) {
  return a.data_ == b.data_ || a.data_->digest == b.data_->digest;
}

}  // namespace flowstone::pypi
