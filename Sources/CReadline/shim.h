// <stdio.h> first: readline's own header uses FILE without including it.
#include <stdio.h>
#include <readline/readline.h>
#include <readline/history.h>
