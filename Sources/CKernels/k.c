void ward_nothing(void) {}
