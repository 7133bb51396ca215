// What the datastore holds: records of runs, blobs, code packages.
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/bundle/package_info.h"
#include "flowstone/bundle/tree_manifest.h"
#include "flowstone/store/blob_format.h"
#include "flowstone/store/code_record.h"
#include "flowstone/store/run_records.h"

namespace bundle = flowstone::bundle;
namespace store = flowstone::store;

namespace {

template <class Record>
void CheckRecord(std::string_view json) {
  if (const auto record = Record::Parse(json)) {
    // Malformed UTF-8 is replaced when it is written, so what counts is the text.
    const std::string written = record->ToJson();
    const auto again = Record::Parse(written);
    flowstone::fuzz::Require(again && again->ToJson() == written, "a record is read back");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  CheckRecord<store::RunRecord>(text);
  CheckRecord<store::RunEnd>(text);
  CheckRecord<store::RunTags>(text);
  CheckRecord<store::TaskRecord>(text);
  CheckRecord<store::AttemptRecord>(text);
  CheckRecord<store::CodeRecord>(text);
  CheckRecord<bundle::PackageInfo>(text);
  if (const auto manifest = bundle::TreeManifest::Parse(text)) {
    flowstone::fuzz::Require(manifest->ToString() == text, "only the canonical text is accepted");
  }
  if (const auto header = store::BlobHeader::Parse(text)) {
    flowstone::fuzz::RequireRoundTrip(*header, header->ToBytes(), &store::BlobHeader::Parse);
    constexpr std::uint64_t most = 1U << 20U;
    if (header->size <= most) {
      static_cast<void>(store::DecodeBlob(std::string(text)));
    }
  }
  return 0;
}
