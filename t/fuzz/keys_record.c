/* keys_record - what DNS says of a key: the first octet chooses the key, the
 * rest is the record.  */
#include <stdint.h>
#include <string.h>

#include "cmd/dray-keys/keypair.h"
#include "cmd/dray-keys/record.h"
#include "t/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct evp_pkey_st *key[KEYPAIR_KINDS];
	int i;

	for (i = 0; !key[KEYPAIR_ED25519] && i < KEYPAIR_KINDS; i++)
		key[i] = keypair_make(i, KEYPAIR_LEAST);
	if (!n)
		return 0;
	i = data[0] & 1;
	/* The key is another one each time: no input has it. */
	must(record_check((const char *)data + 1, n - 1, key[i]) != NULL);
	return 0;
}
