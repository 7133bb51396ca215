#include "flowstone/install/interpreter_probe.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/install/interpreter_probe_script.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/pypi/compatible_tags.h"

namespace flowstone::install {
namespace {

using nlohmann::json;

// An interpreter on a slow network disk may take seconds to start the first time.
constexpr std::chrono::milliseconds kProbeTimeout{10'000};
// An answer has 3 kB.
constexpr std::size_t kLongestAnswer = std::size_t{1} << 20U;
// What is remembered of a file that did not answer in time.
constexpr std::string_view kNoAnswerInTime = "no answer in time";
constexpr int kOldestMinor = 8;

Error NoInterpreter(const std::string& path, const std::string& why) {
  return {.code = ErrorCode::kInvalid, .message = path + " is no usable Python: " + why};
}

pypi::MarkerEnvironment MarkersOf(const json& markers) {
  return {.implementation_name = markers.at("implementation_name"),
          .implementation_version = markers.at("implementation_version"),
          .os_name = markers.at("os_name"),
          .platform_machine = markers.at("platform_machine"),
          .platform_python_implementation = markers.at("platform_python_implementation"),
          .platform_release = markers.at("platform_release"),
          .platform_system = markers.at("platform_system"),
          .platform_version = markers.at("platform_version"),
          .python_full_version = markers.at("python_full_version"),
          .python_version = markers.at("python_version"),
          .sys_platform = markers.at("sys_platform")};
}

pypi::InterpreterFacts FactsOf(const json& answer) {
  pypi::InterpreterFacts facts{.implementation = answer.at("implementation"),
                               .version_major = answer.at("major"),
                               .version_minor = answer.at("minor"),
                               .abi_flags = answer.at("abi_flags"),
                               .platform = answer.at("platform"),
                               .pointer_bits = answer.at("pointer_bits")};
  if (const json& libc = answer.at("libc"); libc.is_array()) {
    facts.libc = libc.at(0) == "musl" ? pypi::Libc::kMusl : pypi::Libc::kGlibc;
    facts.libc_major = libc.at(1);
    facts.libc_minor = libc.at(2);
  }
  return facts;
}

// What an interpreter is, wherever it is.
Digest IdentityOf(const Interpreter& interpreter) {
  const json document = {{"abi", interpreter.abi},
                         {"abi_flags", interpreter.abi_flags},
                         {"build", interpreter.build},
                         {"cache_tag", interpreter.cache_tag},
                         {"implementation", interpreter.implementation},
                         {"platform", interpreter.platform},
                         {"version", interpreter.version.ToString()}};
  return Digest::Of("flowstone-interpreter 1\n" +
                    document.dump(-1, ' ', false, json::error_handler_t::replace));
}

// Throws json::exception when the answer lacks something.
Result<Interpreter> Describe(const json& answer, const std::string& path) {
  Interpreter interpreter;
  interpreter.executable = path;
  interpreter.implementation = answer.at("implementation");
  const std::string version = answer.at("version");
  FLOWSTONE_LET(interpreter.version, pypi::Version::Parse(version));
  if (interpreter.implementation != "cpython") {
    return NoInterpreter(path, "it is " + interpreter.implementation + " " + version +
                                   ", and environments are made for CPython only");
  }
  const std::pair version_numbers(static_cast<int>(interpreter.version.release(0)),
                                  static_cast<int>(interpreter.version.release(1)));
  if (answer.at("major") != 3 || answer.at("minor") < kOldestMinor) {
    return NoInterpreter(path, "Python " + version + " is older than 3.8");
  }
  if (version_numbers != std::pair(answer.at("major").get<int>(), answer.at("minor").get<int>())) {
    return NoInterpreter(path, "its answer contradicts itself");
  }
  interpreter.build = answer.at("build");
  interpreter.abi = answer.at("abi");
  interpreter.abi_flags = answer.at("abi_flags");
  interpreter.platform = answer.at("platform");
  interpreter.cache_tag = answer.at("cache_tag");
  interpreter.prefix = answer.at("prefix");
  interpreter.stdlib = answer.at("stdlib");
  interpreter.platform_stdlib = answer.at("platform_stdlib");
  FLOWSTONE_LET(pypi::TagList tags, pypi::CompatibleTags(FactsOf(answer)));
  interpreter.target = {.markers = MarkersOf(answer.at("markers")),
                        .tags = std::move(tags),
                        .python_full_version = interpreter.version};
  interpreter.identity = IdentityOf(interpreter);
  return interpreter;
}

Result<Interpreter> DescribeOrRefuse(const json& answer, const std::string& path) {
  try {
    return Describe(answer, path);
  } catch (const json::exception&) {
    return NoInterpreter(path, "its answer makes no sense");
  }
}

// The answer of Python as JSON, or nothing when it is none.
json ParseAnswer(const std::string& text) {
  json answer = json::parse(text, nullptr, /*allow_exceptions=*/false);
  return answer.is_object() ? answer : json();
}

// The interpreter that an answer is about; empty when it does not say.
std::string ExecutableIn(const json& answer) {
  const auto executable = answer.find("executable");
  return executable != answer.end() && executable->is_string() ? executable->get<std::string>()
                                                               : "";
}

// What another answer of the same file said that it is; empty when it is the same interpreter.
std::string FormerlyOf(const json& former, const json& answer) {
  if (!former.is_object() || ExecutableIn(former) != ExecutableIn(answer)) {
    return "";
  }
  const auto text = [](const json& of, const char* key) {
    const auto value = of.find(key);
    return value != of.end() && value->is_string() ? value->get<std::string>() : std::string();
  };
  std::string version = "Python " + text(former, "version");
  if (text(former, "version") != text(answer, "version")) {
    return version;
  }
  return text(former, "build") == text(answer, "build") ? "" : "another build of " + version;
}

std::string StampLine(const FileStamp& stamp) {
  return std::to_string(stamp.size) + " " + std::to_string(stamp.modified_ns) + " " +
         std::to_string(stamp.device) + " " + std::to_string(stamp.inode) + "\n";
}

std::string FirstLine(const std::string& text) {
  const std::vector<std::string_view> lines = SplitLines(text);
  return lines.empty() ? "" : std::string(TrimText(lines[0]));
}

}  // namespace

struct InterpreterProbe::Answer {
  json document = {};
  std::string formerly = {};
};

InterpreterProbe::InterpreterProbe(os::FileSystem& filesystem, os::ProcessRunner& processes,
                                   CacheLayout layout)
    : filesystem_(filesystem), processes_(processes), layout_(std::move(layout)) {}

Result<Interpreter> InterpreterProbe::Probe(const std::string& executable) {
  return ProbeWith(Memory::kUsedForAnswers, executable);
}

Result<Interpreter> InterpreterProbe::ProbeInSearch(const std::string& executable) {
  return ProbeWith(Memory::kUsed, executable);
}

Result<Interpreter> InterpreterProbe::ProbeOnce(const std::string& executable) {
  return ProbeWith(Memory::kIgnored, executable);
}

Result<Interpreter> InterpreterProbe::ProbeWith(Memory memory, const std::string& executable) {
  FLOWSTONE_LET(std::string path, filesystem_.RealPath(executable));
  // A venv's copy or a starter script answers with the path of the interpreter behind it, which is
  // asked in turn; there is nothing behind that one.
  for (int hop = 0; hop < 3; ++hop) {
    FLOWSTONE_LET(const os::FileInfo info, filesystem_.Stat(path));
    if (info.type != os::FileType::kFile || (info.mode & 0111U) == 0) {
      return NoInterpreter(path, "it is not an executable file");
    }
    FLOWSTONE_LET(Answer answer, Recall(memory, path, StampOf(info)));
    const std::string base = ExecutableIn(answer.document);
    if (base == path) {
      FLOWSTONE_LET(Interpreter interpreter, DescribeOrRefuse(answer.document, path));
      interpreter.stamp = StampOf(info);
      interpreter.formerly = std::move(answer.formerly);
      return interpreter;
    }
    FLOWSTONE_LET(path, filesystem_.RealPath(base));
  }
  return NoInterpreter(executable, "it leads from one interpreter to the next");
}

// The kernel's version is in the name, because markers contain it.
std::string InterpreterProbe::PlaceOf(const std::string& real_path) {
  const Result<std::string> kernel = filesystem_.ReadFile("/proc/version");
  Hasher key;
  key.Update(real_path + "\n");
  key.Update(kProbeScript);
  key.Update(kernel ? *kernel : std::string());
  return layout_.interpreters() + "/" + key.Finish().ToString();
}

Result<InterpreterProbe::Answer> InterpreterProbe::Recall(Memory memory,
                                                          const std::string& real_path,
                                                          const FileStamp& stamp) {
  if (memory == Memory::kIgnored) {
    FLOWSTONE_LET(const std::string text, Ask(real_path));
    return Answer{.document = ParseAnswer(text)};
  }
  const std::string place = PlaceOf(real_path);
  const std::string stamp_line = StampLine(stamp);
  json former;
  if (const Result<std::string> known = filesystem_.ReadFile(place)) {
    const bool is_the_same = known->starts_with(stamp_line);
    const std::string text = known->substr(std::min(known->find('\n'), known->size() - 1) + 1);
    if (is_the_same && text == kNoAnswerInTime && memory == Memory::kUsed) {
      return NoInterpreter(real_path, "it did not answer in time when it was last asked")
          .WithHint("`flowstone python find " + real_path + "` asks it again");
    }
    former = ParseAnswer(text);
    if (is_the_same && former.is_object()) {
      return Answer{.document = std::move(former)};
    }
  }
  const Result<std::string> text = Ask(real_path);
  if (!text && text.error().code == ErrorCode::kCancelled) {
    Keep(place, stamp_line + std::string(kNoAnswerInTime));
    return NoInterpreter(real_path, "it does not answer: " + text.error().message);
  }
  if (!text) {
    return text.error();
  }
  Answer answer{.document = ParseAnswer(*text)};
  // What a script starts may change while the script does not.
  if (ExecutableIn(answer.document) == real_path) {
    Keep(place, stamp_line + *text);
    answer.formerly = FormerlyOf(former, answer.document);
  }
  return answer;
}

void InterpreterProbe::Keep(const std::string& place, const std::string& text) {
  if (os::MakeDirectories(filesystem_, layout_.interpreters())) {
    static_cast<void>(os::ReplaceFile(filesystem_, place, text));
  }
}

Result<std::string> InterpreterProbe::Ask(const std::string& real_path) {
  // -E -s rather than -I, which Python 2.7 does not know; the script clears sys.path itself.
  const os::ProcessSpec spec{
      .arguments = {real_path, "-E", "-s", "-S", "-B", "-c", std::string(kProbeScript)},
      .environment = {{"LC_ALL", "C.UTF-8"}, {"PATH", "/usr/bin:/bin"}},
      .directory = "/",
      .descriptors = {},
      .output_limit = kLongestAnswer};
  Result<os::ProcessResult> result = processes_.Run(spec, "", kProbeTimeout);
  if (!result) {
    if (result.error().code == ErrorCode::kCancelled) {
      return result.error();
    }
    return NoInterpreter(real_path, "it does not run: " + result.error().message);
  }
  if (!result->status.ok() || !ParseAnswer(result->output).is_object()) {
    const std::string complaint = FirstLine(result->errors);
    return NoInterpreter(real_path, complaint.empty() ? "it does not answer" : complaint);
  }
  return std::move(result->output);
}

}  // namespace flowstone::install
