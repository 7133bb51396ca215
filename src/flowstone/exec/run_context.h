// RunContext: what all tasks of one run are told alike, and PythonEnvironment: where the tasks of a
// step run. Plain values, made by `app`, shared by all executors.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace flowstone::exec {

struct RunContext {
  std::string flow_name = {};
  std::string flow_file = {};  // absolute: what is imported
  std::string script = {};     // sys.argv[0] of the tasks
  // "pkg.hello" after `python -m pkg.hello`: makes relative imports work.
  std::optional<std::string> module = {};
  std::string run_id = {};
  std::string user = {};
  std::string name_space = {};  // "user:ada"; empty for the global one
  std::vector<std::string> tags = {};
  std::vector<std::string> system_tags = {};
  std::optional<std::string> origin_run_id = {};
  // Parameter → the text given on the command line, or nothing for its default.
  std::map<std::string, std::optional<std::string>> parameter_values = {};
  std::string datastore = {};                   // text for FLOWSTONE_DATASTORE
  std::string temporary_directory = {};         // current.tempdir
  std::string steps_json = "[]";                // `steps` of the flow description
  std::string sdk_root = {};                    // folder that holds the package `flowstone`
  std::optional<std::string> compat_root = {};  // folder that holds the package `metaflow`
};

enum class Isolation : std::uint8_t {
  kNone,      // the launching interpreter with all that it sees
  kIsolated,  // `python -I`: user site, PYTHON* variables and the working directory are invisible
};

struct PythonEnvironment {
  std::string id = {};           // same id, same zygote; names the environment in messages
  std::string interpreter = {};  // absolute path
  Isolation isolation = Isolation::kNone;
  std::vector<std::string> sys_path = {};  // first entries of sys.path
  // Set, or unset where there is no value, when the zygote has started.
  std::map<std::string, std::optional<std::string>> variables = {};
  std::string directory = {};  // working directory of the tasks
  // Over these each task has a layer of its own (os/private_layer.h), and so an interpreter: what
  // is imported may write, too.
  std::vector<std::string> private_layer = {};
};

}  // namespace flowstone::exec
