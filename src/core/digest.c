/* The plain functions, which version 3 would replace by EVP's: those load OpenSSL's configuration
 * and providers first, a millisecond of each posting, and take half as long again for a record. */
#define OPENSSL_API_COMPAT 10101

#include <daybook/digest.h>

#include <openssl/sha.h>

static void add_int32(SHA256_CTX *sha, int32_t number)
{
    uint32_t bits = (uint32_t)number;
    const unsigned char bytes[4] = {(unsigned char)(bits >> 24), (unsigned char)(bits >> 16),
                                    (unsigned char)(bits >> 8), (unsigned char)bits};
    SHA256_Update(sha, bytes, sizeof bytes);
}

static void add_int64(SHA256_CTX *sha, int64_t number)
{
    add_int32(sha, (int32_t)(uint32_t)((uint64_t)number >> 32));
    add_int32(sha, (int32_t)(uint32_t)(uint64_t)number);
}

/** Bytes that a record has, or not, after their length. */
static void add_field(SHA256_CTX *sha, const void *bytes, int32_t length)
{
    add_int32(sha, length);
    if (length > 0)
        SHA256_Update(sha, bytes, (size_t)length);
}

void dbk_digest_start(struct dbk_digest *digest, struct dbk_text topic, int32_t partition,
                      int32_t partition_count)
{
    SHA256_CTX sha;
    SHA256_Init(&sha);
    SHA256_Update(&sha, "daybook 1", 9);
    add_field(&sha, topic.bytes, (int32_t)topic.length);
    add_int32(&sha, partition);
    add_int32(&sha, partition_count);
    SHA256_Final(digest->bytes, &sha);
}

void dbk_digest_extend(struct dbk_digest *digest, const struct dbk_record *record)
{
    SHA256_CTX sha;
    SHA256_Init(&sha);
    SHA256_Update(&sha, digest->bytes, DBK_DIGEST_SIZE);
    add_int64(&sha, record->offset);
    add_int64(&sha, record->timestamp_ms);
    add_field(&sha, record->key, record->key_length);
    add_field(&sha, record->value, record->value_length);
    SHA256_Final(digest->bytes, &sha);
}

void dbk_digest_bytes(struct dbk_digest *digest, const void *bytes, size_t length)
{
    SHA256_CTX sha;
    SHA256_Init(&sha);
    if (length > 0)
        SHA256_Update(&sha, bytes, length);
    SHA256_Final(digest->bytes, &sha);
}

void dbk_digest_hex(char *hex, const struct dbk_digest *digest)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DBK_DIGEST_SIZE; i++) {
        *hex++ = digits[digest->bytes[i] >> 4];
        *hex++ = digits[digest->bytes[i] & 15];
    }
    *hex = '\0';
}
