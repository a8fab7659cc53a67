// SHA-256 of data files and weights. From OpenSSL because it uses the processor's SHA instructions.
#include <openssl/evp.h>
