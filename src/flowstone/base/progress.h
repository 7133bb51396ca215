// ProgressSink: where long operations say how far they are. The command line draws bars or prints
// lines; NoProgress is for callers that do not care. Thread-safe: workers report from where they
// are.
#pragma once

#include <cstdint>
#include <string>

namespace flowstone {

enum class Phase : std::uint8_t { kResolve, kDownload, kCompile, kInstall, kVerify };

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  // A phase begins. `total` is in bytes for kDownload and kVerify, in packages or files otherwise,
  // and 0 when unknown. `label` names what it is for ("step train", "42 packages").
  virtual void Start(Phase phase, const std::string& label, std::uint64_t total) = 0;
  // `amount` more is done; `item` names what just happened ("numpy 2.1.0") and may be empty.
  virtual void Advance(Phase phase, std::uint64_t amount, const std::string& item) = 0;
  // The total became known or grew. Of kResolve: how many of what was looked at are taken.
  virtual void SetTotal(Phase phase, std::uint64_t total) = 0;
  virtual void Finish(Phase phase) = 0;
  // The phase ends without its result: an error follows.
  virtual void Abandon(Phase phase) { Finish(phase); }
};

class NoProgress final : public ProgressSink {
 public:
  void Start(Phase, const std::string&, std::uint64_t) override {}
  void Advance(Phase, std::uint64_t, const std::string&) override {}
  void SetTotal(Phase, std::uint64_t) override {}
  void Finish(Phase) override {}
};

}  // namespace flowstone
