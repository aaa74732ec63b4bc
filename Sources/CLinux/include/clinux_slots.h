// The low descriptors through which a thread passes inputs and outputs to its children.
#ifndef CLINUX_SLOTS_H
#define CLINUX_SLOTS_H

/// Five descriptors, all close-on-exec and above 2. Between two spawns all of them are `/dev/null`; all but
/// `null` are -1 until the next spawn if one could not be restored.
///
/// A child shares our table of descriptors until it has made itself a copy, of the numbers up to the highest
/// of these: so they must be opened early, before most other descriptors, and two threads cannot use them at
/// once.
struct clinux_slots {
  int null;
  int input;
  int output;
  int error;
  int notification;
};

/// Opens them: 0, or -1 with errno (then none stays open).
int clinux_slots_open(struct clinux_slots *slots);
/// Closes them.
void clinux_slots_close(struct clinux_slots *slots);

/// Fills the slots with copies of these descriptors. `slots->null` stands for `/dev/null` and needs no copy.
/// 0, or -1 with errno; `clinux_slots_empty` must be called in both cases.
int clinux_slots_fill(struct clinux_slots *slots, int input, int output, int error, int notification);
/// Restores `/dev/null`, so that no pipe stays open here longer than its child has it. Takes the same
/// descriptors as `clinux_slots_fill`.
void clinux_slots_empty(struct clinux_slots *slots, int input, int output, int error, int notification);

#endif
