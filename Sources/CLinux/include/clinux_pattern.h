// POSIX extended regular expressions of glibc, which match in linear time (spec rule 8).
#ifndef CLINUX_PATTERN_H
#define CLINUX_PATTERN_H

#include <stddef.h>

/// Checks a POSIX extended regular expression: 0 if it can be used, -1 with a message of at most `size` bytes
/// (terminated) if not.
///
/// Back-references (`\1` to `\9`) are refused: they are the only construct of glibc's that needs exponential
/// time. A `)` without a `(` is refused too.
int clinux_pattern_check(const char *pattern, char *message, size_t size);

/// Looks for a match anywhere in `text`: 1 if there is one, 0 if not, -1 if the pattern is bad (see
/// `clinux_pattern_check`).
///
/// `^` and `$` match at line ends, `.` and `[^a]` match no newline. Control sequences of terminals, such as
/// colours, and carriage returns at the ends of lines are not seen. `text` need not be terminated and may
/// contain NUL bytes. Time is linear in `length`. The pattern is compiled by each call; safe from several
/// threads at once.
int clinux_pattern_match(const char *pattern, const char *text, size_t length);

/// A compiled pattern. It is for a bounded text: its memory grows with the text.
struct clinux_pattern;

/// Compiles a pattern that can be used (see `clinux_pattern_check`), in which letters mean both cases if `ignores_case` is not 0; NULL if
/// it cannot be. The caller frees it.
struct clinux_pattern *clinux_pattern_compile(const char *pattern, int ignores_case);
/// Looks for a match, as `clinux_pattern_match` does.
int clinux_pattern_find(struct clinux_pattern *pattern, const char *text, size_t length);
void clinux_pattern_free(struct clinux_pattern *pattern);

#endif
