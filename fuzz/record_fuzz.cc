// RECORD: rows survive being written and read.
#include "fuzz_target.h"
#include <string>
#include <vector>

#include "flowstone/pypi/record.h"

using flowstone::pypi::ParseRecord;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto rows = ParseRecord(flowstone::fuzz::TextOf(data, size))) {
    flowstone::fuzz::RequireRoundTrip(*rows, flowstone::pypi::WriteRecord(*rows), &ParseRecord);
    for (const flowstone::pypi::RecordRow& row : *rows) {
      flowstone::fuzz::Require(!row.path.empty(), "a row has a path");
      static_cast<void>(row.Sha256());
    }
  }
  return 0;
}
