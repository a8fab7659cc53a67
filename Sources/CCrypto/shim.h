// SHA-256 of data files and weights, and of what signs the messages of Jupyter. From OpenSSL because it uses the processor's SHA instructions.
#include <openssl/evp.h>
