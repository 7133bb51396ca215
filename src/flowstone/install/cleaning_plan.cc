#include "flowstone/install/cleaning_plan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::install {
namespace {

bool IsLeftover(CacheKind kind) {
  return kind == CacheKind::kDamaged || kind == CacheKind::kTemporary;
}

// Makes one plan.
class Planning {
 public:
  Planning(const CacheInventory& inventory, const CleaningWish& wish)
      : inventory_(inventory),
        wish_(wish),
        account_(inventory),
        is_gone_(inventory.items.size()),
        needed_by_(inventory.items.size()) {
    for (std::size_t i = 0; i < inventory.items.size(); ++i) {
      last_used_.push_back(inventory.items[i].last_used_ns);
      if (IsArchive(inventory.items[i].kind)) {
        archives_.emplace(inventory.items[i].path, i);
      }
    }
    for (const CacheItem& item : inventory.items) {
      for (const std::size_t archive : NeedsOf(item)) {
        ++needed_by_[archive];
      }
    }
  }

  CleaningPlan Run() {
    const bool is_unlimited = !wish_.unused_since_ns && !wish_.max_bytes;
    RemoveWhere([](std::size_t) { return true; }, IsLeftover);
    if (is_unlimited || wish_.unused_since_ns) {
      const auto is_due = [&](std::size_t i) {
        return is_unlimited || last_used_[i] < *wish_.unused_since_ns;
      };
      RemoveWhere(is_due, [](CacheKind kind) { return kind == CacheKind::kEnvironments; });
      RemoveWhere(is_due, [](CacheKind) { return true; });
    }
    if (wish_.max_bytes) {
      RemoveDownTo(*wish_.max_bytes);
    }
    plan_.gone = account_.gone();
    plan_.freed = account_.freed();
    ExplainKept();
    return std::move(plan_);
  }

 private:
  // The archives of an environment that are there.
  std::vector<std::size_t> NeedsOf(const CacheItem& item) const {
    std::vector<std::size_t> needs;
    needs.reserve(item.needs.size());
    for (const std::string& path : item.needs) {
      if (const auto archive = archives_.find(path); archive != archives_.end()) {
        needs.push_back(archive->second);
      }
    }
    return needs;
  }

  bool MayGo(std::size_t i) const {
    const CacheItem& item = inventory_.items[i];
    return !is_gone_[i] && wish_.Includes(item.kind) && item.obstacle.empty() && needed_by_[i] == 0;
  }

  // Archives that only this needed are as old as its last use, and may be next: they are returned.
  std::vector<std::size_t> Remove(std::size_t i) {
    is_gone_[i] = true;
    plan_.going.push_back(i);
    account_.Remove(inventory_.items[i]);
    std::vector<std::size_t> orphans;
    for (const std::size_t archive : NeedsOf(inventory_.items[i])) {
      last_used_[archive] = std::max(last_used_[archive], last_used_[i]);
      if (--needed_by_[archive] == 0) {
        orphans.push_back(archive);
      }
    }
    return orphans;
  }

  template <class IsDue, class IsMeant>
  void RemoveWhere(const IsDue& is_due, const IsMeant& is_meant) {
    for (std::size_t i = 0; i < inventory_.items.size(); ++i) {
      if (is_meant(inventory_.items[i].kind) && MayGo(i) && is_due(i)) {
        Remove(i);
      }
    }
  }

  // What was not used for longest goes first. Records are nothing to speak of.
  void RemoveDownTo(std::uint64_t max_bytes) {
    std::set<std::pair<std::int64_t, std::size_t>> oldest;
    const auto consider = [&](std::size_t i) {
      if (MayGo(i) && inventory_.items[i].kind != CacheKind::kRecords) {
        oldest.emplace(last_used_[i], i);
      }
    };
    for (std::size_t i = 0; i < inventory_.items.size(); ++i) {
      consider(i);
    }
    const std::uint64_t total = inventory_.total();
    while (total - account_.gone() > max_bytes && !oldest.empty()) {
      const std::size_t next = oldest.begin()->second;
      oldest.erase(oldest.begin());
      for (const std::size_t orphan : Remove(next)) {
        consider(orphan);
      }
    }
  }

  // What the limits would have had go.
  void ExplainKept() {
    const bool is_too_much =
        wish_.max_bytes && inventory_.total() - account_.gone() > *wish_.max_bytes;
    const bool is_all = is_too_much || (!wish_.max_bytes && !wish_.unused_since_ns);
    for (std::size_t i = 0; i < inventory_.items.size(); ++i) {
      const CacheItem& item = inventory_.items[i];
      const bool is_due =
          is_all || (wish_.unused_since_ns && last_used_[i] < *wish_.unused_since_ns);
      if (is_gone_[i] || !wish_.Includes(item.kind) || !is_due) {
        continue;
      }
      if (!item.obstacle.empty()) {
        plan_.kept.emplace(i, item.obstacle);
      } else if (needed_by_[i] > 0) {
        plan_.kept.emplace(i, "part of an environment that stays");
      }
    }
  }

  const CacheInventory& inventory_;
  const CleaningWish& wish_;
  CleaningAccount account_;
  CleaningPlan plan_;
  std::vector<bool> is_gone_;
  std::vector<std::size_t> needed_by_;                     // environments, by item
  std::vector<std::int64_t> last_used_;                    // by item
  std::unordered_map<std::string, std::size_t> archives_;  // by path
};

struct ByteUnit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<ByteUnit, 18> kByteUnits = {{
    {"", 1},
    {"b", 1},
    {"kb", 1'000},
    {"mb", 1'000'000},
    {"gb", 1'000'000'000},
    {"tb", 1'000'000'000'000},
    {"k", std::uint64_t{1} << 10U},
    {"m", std::uint64_t{1} << 20U},
    {"g", std::uint64_t{1} << 30U},
    {"t", std::uint64_t{1} << 40U},
    {"ki", std::uint64_t{1} << 10U},
    {"mi", std::uint64_t{1} << 20U},
    {"gi", std::uint64_t{1} << 30U},
    {"ti", std::uint64_t{1} << 40U},
    {"kib", std::uint64_t{1} << 10U},
    {"mib", std::uint64_t{1} << 20U},
    {"gib", std::uint64_t{1} << 30U},
    {"tib", std::uint64_t{1} << 40U},
}};

constexpr std::uint64_t kMillion = 1'000'000;

// "1.5" at the start of a text. Finer digits than millionths are dropped.
struct DecimalStart {
  std::uint64_t whole = 0;
  std::uint64_t millionths = 0;
  std::size_t length = 0;
};

// Nothing when the text does not begin with a digit or a number is too large. By hand: to read a
// floating point number takes another library at each start of the program.
std::optional<DecimalStart> ReadDecimal(std::string_view text) {
  DecimalStart number;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number.whole);
  if (error != std::errc()) {
    return std::nullopt;
  }
  number.length = static_cast<std::size_t>(rest - text.data());
  if (!text.substr(number.length).starts_with('.')) {
    return number;
  }
  std::uint64_t unit = kMillion / 10;
  for (++number.length; number.length < text.size() && IsAsciiDigit(text[number.length]);
       ++number.length) {
    number.millionths += unit * static_cast<std::uint64_t>(text[number.length] - '0');
    unit /= 10;
  }
  return number;
}

}  // namespace

bool CleaningWish::Includes(CacheKind kind) const {
  return IsCleaned(kind) && (kinds.empty() || kinds.contains(kind));
}

void CleaningAccount::Remove(const CacheItem& item) {
  gone_ += item.own_bytes;
  freed_ += item.own_bytes;
  for (const std::size_t index : item.linked) {
    const LinkedFile& file = inventory_.linked_files[index];
    const std::uint64_t removed = ++removed_links_[index];
    gone_ += removed == file.links_here ? file.bytes : 0;
    freed_ += removed == file.links ? file.bytes : 0;
  }
}

CleaningPlan PlanCleaning(const CacheInventory& inventory, const CleaningWish& wish) {
  return Planning(inventory, wish).Run();
}

Result<std::uint64_t> ParseByteSize(std::string_view text) {
  const std::string lower = AsciiLower(TrimText(text));
  const std::optional<DecimalStart> number = ReadDecimal(lower);
  const std::string_view unit =
      TrimText(std::string_view(lower).substr(number ? number->length : 0));
  const auto known = std::ranges::find(kByteUnits, unit, &ByteUnit::name);
  constexpr std::uint64_t most = 1'000'000'000'000'000'000;
  if (!number || known == kByteUnits.end() || number->whole > most / known->bytes) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + std::string(text) + "' is no size",
                 .hints = {"write 20GiB, 500MB or a number of bytes"}};
  }
  return number->whole * known->bytes + number->millionths * known->bytes / kMillion;
}

}  // namespace flowstone::install
