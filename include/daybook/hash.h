/**
 * A keyed hash for tables whose keys come from a hostile log.
 *
 * SipHash-1-3 (Aumasson and Bernstein): without the key nobody can choose names that collide.
 */
#ifndef DAYBOOK_HASH_H
#define DAYBOOK_HASH_H

#include <stddef.h>
#include <stdint.h>

/** @param key 16 bytes. */
uint64_t dbk_hash(const uint8_t *key, const void *bytes, size_t length);

#endif
