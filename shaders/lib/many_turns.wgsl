// More turns than any loop takes. Dawn's compiler counts the turns of a loop in 64 bits, so that it ends, unless the loop's bound
// is a constant and its step is 1. So loops that are to be quick have this bound, and break where they end.
const MANY_TURNS = 0x10000000u;
