// Signals as the kernel has them: glibc's sigaction refuses the two that it keeps for itself.
#ifndef CLINUX_SIGNALS_H
#define CLINUX_SIGNALS_H

#include <signal.h>
#include <stddef.h>

/// The kernel's own struct sigaction, large enough for every architecture: the first word is the handler, and
/// all zero is SIG_DFL with no flags and an empty mask.
struct kernel_sigaction {
  unsigned long words[8];
};

static const size_t kernel_sigset_size = 8;

#endif
