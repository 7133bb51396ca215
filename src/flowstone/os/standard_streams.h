// HoldStandardStreams: whoever starts a program may have closed its standard streams, and then the
// first files that it opens get their numbers: messages would go into them.
#pragma once

namespace flowstone::os {

// Gives each of the three that is closed a descriptor that leads nowhere. Call it before any file
// is opened. Standard output refuses what is written: data that nobody gets is an error.
void HoldStandardStreams();

}  // namespace flowstone::os
