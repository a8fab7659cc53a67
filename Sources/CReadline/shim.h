// <stdio.h> first: readline's own header uses FILE without including it.
#include <stdio.h>
#include <readline/readline.h>
#include <readline/history.h>
#include <wchar.h>

// <wchar.h> shows it with _XOPEN_SOURCE only.
int wcwidth(wchar_t character);
