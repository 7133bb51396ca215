// CodeRecord: `code/<aa>/<id>`, which says in which packs the files of a code package are. The id
// is that of the package's tree manifest. Several records may share packs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"

namespace flowstone::store {

struct CodeRecord {
  std::vector<Digest> packs = {};  // in the order in which they are searched
  friend bool operator==(const CodeRecord&, const CodeRecord&) = default;

  // One line of JSON with sorted keys.
  std::string ToJson() const;
  static Result<CodeRecord> Parse(std::string_view json);
};

std::string CodeRecordKey(const Digest& package);

}  // namespace flowstone::store
