// OutputCapture: the reading end of a task's stdout or stderr, cut into lines, without blocking.
#pragma once

#include <string>
#include <utility>

#include "flowstone/base/result.h"
#include "flowstone/exec/line_buffer.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::exec {

class OutputCapture {
 public:
  // A pipe whose reading end this is; the other end is for the child.
  static Result<std::pair<OutputCapture, os::UniqueFd>> Create();

  int fd() const { return pipe_.get(); }
  // Whole lines that have arrived: what the pipe holds now, so a writer that never stops cannot
  // keep the caller here. May be empty.
  std::string Read();
  // What is left of the last line. The descriptor is closed.
  std::string Finish();
  // Whether all writers have closed their end.
  bool at_end() const { return at_end_; }

 private:
  explicit OutputCapture(os::UniqueFd pipe) : pipe_(std::move(pipe)) {}

  os::UniqueFd pipe_;
  LineBuffer lines_;
  bool at_end_ = false;
};

}  // namespace flowstone::exec
