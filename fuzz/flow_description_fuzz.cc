// The description of a flow that its own process hands to the engine.
#include "fuzz_target.h"

#include "flowstone/flow/description.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(flowstone::flow::ParseFlowDescription(flowstone::fuzz::TextOf(data, size)));
  return 0;
}
