/* What it would declare is in no-processes.h. */
