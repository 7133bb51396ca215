// VerifyDatastore: reads everything in a datastore and says what is damaged or missing. It changes
// nothing. Used by `flowstone store verify` and `flowstone doctor`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/store/datastore.h"

namespace flowstone::store {

enum class FindingKind : std::uint8_t {
  kCorruptObject,     // its bytes do not match its name or its format
  kMalformedRecord,   // a record of a run that cannot be read
  kMissingReference,  // a record names an object that is not there
  kUnknownObject,     // a key that this version of the datastore has no meaning for
};

struct Finding {
  FindingKind kind = FindingKind::kCorruptObject;
  std::string key;      // the object or record
  std::string message;  // what is wrong, one sentence
  std::string remedy;   // what to do about it, one sentence
};

struct VerifyReport {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;  // as stored
  std::uint64_t records = 0;
  std::vector<Finding> findings;  // sorted by key
};

// An Error is a store that cannot be read at all; damage is a finding.
Result<VerifyReport> VerifyDatastore(Datastore& datastore, ProgressSink& progress);

}  // namespace flowstone::store
