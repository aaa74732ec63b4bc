// The C code of Stoker: system calls that Swift's Glibc module lacks, and the steps between clone and exec.
#ifndef CLINUX_H
#define CLINUX_H

#include "clinux_logs.h"
#include "clinux_notify.h"
#include "clinux_pattern.h"
#include "clinux_peer.h"
#include "clinux_pidfd.h"
#include "clinux_proc.h"
#include "clinux_rights.h"
#include "clinux_slots.h"
#include "clinux_spawn.h"
#include "clinux_system.h"

#endif
