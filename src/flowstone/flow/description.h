// FlowDescription: what the SDK says about a flow after running its file. The format is
// docs/formats/flow-description.md, version 1. ParseFlowDescription checks every field; an error
// names the path in the document ("steps[2].transition.next: …"). Keys that version 1 does not know
// are ignored. Plain values, immutable after parsing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"

namespace flowstone::flow {

struct SdkDescription {
  std::string version = {};
  std::string root = {};                        // folder that holds the package `flowstone`
  std::optional<std::string> compat_root = {};  // folder that holds the package `metaflow`
};

struct PythonDescription {
  std::string executable = {};
  std::string version = {};         // "3.11.7"
  std::string implementation = {};  // "CPython"
};

enum class ParameterKind : std::uint8_t { kString, kInteger, kFloat, kBoolean, kJson, kFile };

struct ParameterDescription {
  std::string name = {};      // as on the command line
  std::string variable = {};  // the flow's attribute
  ParameterKind kind = ParameterKind::kString;
  bool required = false;
  bool has_default = false;
  bool default_is_function = false;
  std::string default_json = "null";  // JSON text
  std::string help = {};
  std::optional<std::string> separator = {};
  bool is_text = true;                       // kFile
  std::optional<std::string> encoding = {};  // kFile
  int line = 0;
};

struct DecoratorDescription {
  std::string name = {};
  std::string attributes_json = "{}";           // a JSON object, as text
  std::optional<std::string> inserted_by = {};  // "--with" or a flow decorator
  int line = 0;
};

enum class TransitionKind : std::uint8_t { kNone, kLinear, kSplit, kForeach, kSwitch, kInvalid };

struct SwitchCase {
  std::string value = {};
  std::string step = {};
};

// The `self.next(…)` that ends a step, as the syntax tree has it.
struct StaticTransition {
  TransitionKind kind = TransitionKind::kNone;
  // Targets as written; those of a switch once each, in the order of its cases.
  std::vector<std::string> next = {};
  std::string foreach_variable = {};   // kForeach
  std::string condition = {};          // kSwitch
  std::vector<SwitchCase> cases = {};  // kSwitch
  std::string message = {};            // kInvalid: why it cannot be understood
  int line = 0;                        // 0 when there is none
};

struct StepDescription {
  std::string name = {};
  std::string doc = {};
  std::string file = {};
  int line = 0;
  std::vector<std::string> arguments = {};  // after `self`
  std::vector<DecoratorDescription> decorators = {};
  StaticTransition transition = {};
};

struct PackageInclude {
  std::string path = {};
  std::string name = {};
};

struct FlowDescription {
  SdkDescription sdk = {};
  PythonDescription python = {};
  std::string name = {};
  std::string file = {};    // absolute
  std::string script = {};  // as typed
  // "pkg.hello" after `python -m pkg.hello`
  std::optional<std::string> module = {};
  std::string doc = {};
  int line = 0;
  std::vector<ParameterDescription> parameters = {};
  std::vector<DecoratorDescription> decorators = {};
  std::vector<StepDescription> steps = {};
  std::vector<std::string> package_suffixes = {};
  std::vector<PackageInclude> package_include = {};
  std::string steps_json = "[]";  // the document's `steps`, for tasks and the run's record
};

// kInvalid when the text is no JSON, has another version or a field of the wrong shape.
Result<FlowDescription> ParseFlowDescription(std::string_view json);

// The first decorator of that name on the step, or null.
const DecoratorDescription* FindDecorator(const StepDescription& step, std::string_view name);

}  // namespace flowstone::flow
