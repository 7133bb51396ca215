// What installing reads back from its own directories, RECORD, and requests for a Python.
#include "fuzz_target.h"
#include <string_view>

#include "flowstone/install/archive_plan.h"
#include "flowstone/install/environment_record.h"
#include "flowstone/install/python_request.h"
#include "flowstone/install/record_check.h"

using flowstone::fuzz::RequireRoundTrip;
using flowstone::install::ArchivePlan;
using flowstone::install::EnvironmentRecord;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  if (const auto plan = ArchivePlan::Parse(std::string(text))) {
    RequireRoundTrip(*plan, plan->Serialize(),
                     [](std::string_view bytes) { return ArchivePlan::Parse(std::string(bytes)); });
  }
  if (const auto record = EnvironmentRecord::Parse(text)) {
    RequireRoundTrip(*record, record->Serialize(), &EnvironmentRecord::Parse);
  }
  if (const auto check = flowstone::install::RecordCheck::Parse(text)) {
    static_cast<void>(check->Compare("a.py", text, flowstone::Digest::Of(text)));
  }
  static_cast<void>(flowstone::install::PythonRequest::Parse(text));
  return 0;
}
