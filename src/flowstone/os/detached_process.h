// StartDetached: a program that goes on by itself, whatever becomes of this process.
//
// It is nobody's child and in nobody's way: a session of its own without a terminal, `/` as its
// directory, /dev/null as its streams, the lowest priority for the processor and the disk. It has
// no descriptor of ours, and so none of our locks and leases. There is nothing to wait for, and no
// end to be told of.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "flowstone/base/result.h"

namespace flowstone::os {

// arguments[0] is the path of the program. When this returns, the new process holds nothing of ours
// any more; that it has begun to run is not waited for, because on a busy machine it may not for
// long. kNotFound or kDenied when there is no such program.
Status StartDetached(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment);

}  // namespace flowstone::os
