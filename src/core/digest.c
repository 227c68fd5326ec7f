#include <daybook/digest.h>

#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

struct dbk_digest_context {
    EVP_MD *sha256; /* fetched once: looking it up costs more than hashing a record */
    EVP_MD_CTX *evp;
};

struct dbk_digest_context *dbk_digest_open(void)
{
    struct dbk_digest_context *context = calloc(1, sizeof *context);
    if (context == NULL)
        return NULL;
    context->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    context->evp = EVP_MD_CTX_new();
    if (context->sha256 == NULL || context->evp == NULL ||
        EVP_DigestInit_ex2(context->evp, context->sha256, NULL) != 1) {
        dbk_digest_close(context);
        return NULL;
    }
    return context;
}

void dbk_digest_close(struct dbk_digest_context *context)
{
    if (context == NULL)
        return;
    EVP_MD_CTX_free(context->evp);
    EVP_MD_free(context->sha256);
    free(context);
}

static unsigned char *put_int32(unsigned char *p, int32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *p++ = (unsigned char)((uint32_t)number >> shift);
    return p;
}

static unsigned char *put_int64(unsigned char *p, int64_t number)
{
    p = put_int32(p, (int32_t)(uint32_t)((uint64_t)number >> 32));
    return put_int32(p, (int32_t)(uint32_t)(uint64_t)number);
}

/** Bytes to hash: records are gathered in a buffer while they fit, since each update costs. */
struct gather {
    EVP_MD_CTX *evp;
    size_t used;
    bool ok;
    unsigned char bytes[1024];
};

static void gather_flush(struct gather *gather)
{
    gather->ok = gather->ok && EVP_DigestUpdate(gather->evp, gather->bytes, gather->used) == 1;
    gather->used = 0;
}

static void gather_add(struct gather *gather, const void *bytes, size_t length)
{
    if (length > sizeof gather->bytes - gather->used)
        gather_flush(gather);
    if (length > sizeof gather->bytes) {
        gather->ok = gather->ok && EVP_DigestUpdate(gather->evp, bytes, length) == 1;
        return;
    }
    memcpy(gather->bytes + gather->used, bytes, length);
    gather->used += length;
}

static bool finish(struct gather *gather, struct dbk_digest *digest)
{
    gather_flush(gather);
    return gather->ok && EVP_DigestFinal_ex(gather->evp, digest->bytes, NULL) == 1;
}

static void begin(struct gather *gather, struct dbk_digest_context *context)
{
    gather->evp = context->evp;
    gather->used = 0;
    gather->ok = EVP_DigestInit_ex2(context->evp, context->sha256, NULL) == 1;
}

static void gather_int32(struct gather *gather, int32_t number)
{
    unsigned char bytes[4];
    put_int32(bytes, number);
    gather_add(gather, bytes, sizeof bytes);
}

bool dbk_digest_start(struct dbk_digest_context *context, struct dbk_digest *digest,
                      struct dbk_text topic, int32_t partition, int32_t partition_count)
{
    struct gather gather;
    begin(&gather, context);
    gather_add(&gather, "daybook 1", 9);
    gather_int32(&gather, (int32_t)topic.length);
    gather_add(&gather, topic.bytes, topic.length);
    gather_int32(&gather, partition);
    gather_int32(&gather, partition_count);
    return finish(&gather, digest);
}

bool dbk_digest_extend(struct dbk_digest_context *context, struct dbk_digest *digest,
                       const struct dbk_record *record)
{
    struct gather gather;
    unsigned char position[16];
    begin(&gather, context);
    gather_add(&gather, digest->bytes, DBK_DIGEST_SIZE);
    put_int64(put_int64(position, record->offset), record->timestamp_ms);
    gather_add(&gather, position, sizeof position);
    gather_int32(&gather, record->key_length);
    if (record->key_length > 0)
        gather_add(&gather, record->key, (size_t)record->key_length);
    gather_int32(&gather, record->value_length);
    if (record->value_length > 0)
        gather_add(&gather, record->value, (size_t)record->value_length);
    return finish(&gather, digest);
}

bool dbk_digest_bytes(struct dbk_digest_context *context, struct dbk_digest *digest,
                      const void *bytes, size_t length)
{
    struct gather gather;
    begin(&gather, context);
    gather_add(&gather, bytes, length);
    return finish(&gather, digest);
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
