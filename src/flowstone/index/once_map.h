// OnceMap: results that are computed once, by whoever asks first, and waited for by everybody.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "flowstone/base/check.h"
#include "flowstone/base/result.h"

namespace flowstone::index {

// Thread-safe. Values are shared by everybody who waits for them and live on after the map.
template <class Key, class Value>
class OnceMap {
 public:
  using Outcome = Result<std::shared_ptr<const Value>>;

  // True for the first caller with this key, who must see to it that Complete is called.
  bool Claim(const Key& key) {
    const std::lock_guard lock(mutex_);
    return outcomes_.try_emplace(key).second;
  }

  // Whether Wait would return at once.
  bool Has(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto outcome = outcomes_.find(key);
    return outcome != outcomes_.end() && outcome->second.has_value();
  }

  // What Wait would return, if that is at once.
  std::optional<Outcome> Find(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto outcome = outcomes_.find(key);
    return outcome == outcomes_.end() ? std::nullopt : outcome->second;
  }

  void Complete(const Key& key, Result<Value> result) {
    {
      const std::lock_guard lock(mutex_);
      std::optional<Outcome>& outcome = outcomes_.at(key);
      FLOWSTONE_CHECK(!outcome);
      if (result) {
        outcome.emplace(std::make_shared<const Value>(*std::move(result)));
      } else {
        outcome.emplace(std::move(result.error()));
      }
    }
    completed_.notify_all();
  }

  // Keys whose value is out of date by `is_outdated`, and those that failed, can be claimed again.
  // REQUIRES: nobody waits for them.
  template <class Predicate>
  void ForgetIf(const Predicate& is_outdated) {
    const std::lock_guard lock(mutex_);
    std::erase_if(outcomes_, [&](const auto& entry) {
      const std::optional<Outcome>& outcome = entry.second;
      return outcome && (!*outcome || is_outdated(***outcome));
    });
  }

  // REQUIRES: the key was claimed.
  Outcome Wait(const Key& key) {
    std::unique_lock lock(mutex_);
    // References to elements survive rehashing.
    const std::optional<Outcome>& outcome = outcomes_.at(key);
    completed_.wait(lock, [&] { return outcome.has_value(); });
    return *outcome;
  }

  // How many keys were claimed.
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return outcomes_.size();
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable completed_;
  std::unordered_map<Key, std::optional<Outcome>> outcomes_;
};

}  // namespace flowstone::index
