/* Goal: a file's bytes, in UTF-8, whatever happens to the file; or the reason why not. Method: real
 * files, pipes and encodings. */
#include "support.h"

#include <daybook/textfile.h>

#include <unistd.h>

static char folder[] = "/tmp/test_textfile-XXXXXX";
static char path[64];

static void write_file(const char *bytes, size_t length)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void textfile_open__gives_the_bytes_as_they_are(void **state)
{
    struct dbk_textfile file;
    struct dbk_err err;
    (void)state;
    write_file("a\r\nb\xFF\0c", 7);
    assert_int_equal(dbk_textfile_open(&file, path, NULL, NULL, &err), 0);
    assert_int_equal(file.length, 7);
    assert_memory_equal(file.bytes, "a\r\nb\xFF\0c", 7);
    dbk_textfile_close(&file);
    write_file("", 0);
    assert_int_equal(dbk_textfile_open(&file, path, NULL, NULL, &err), 0);
    assert_int_equal(file.length, 0);
    dbk_textfile_close(&file);
    dbk_textfile_close(&file);
}

static void textfile_open__is_not_touched_by_later_changes(void **state)
{
    struct dbk_textfile file;
    struct dbk_err err;
    size_t length = 3000000;
    char *bytes = malloc(length);
    (void)state;
    assert_non_null(bytes);
    memset(bytes, 'x', length);
    write_file(bytes, length);
    assert_int_equal(dbk_textfile_open(&file, path, NULL, NULL, &err), 0);
    assert_int_equal(truncate(path, 0), 0);
    write_file("other", 5);
    assert_int_equal(file.length, length);
    assert_memory_equal(file.bytes, bytes, length);
    dbk_textfile_close(&file);
    free(bytes);
}

static void textfile_open__converts(void **state)
{
    static const struct {
        const char *encoding;
        const char *in;
        size_t length;
        const char *expected; /* NULL: refused */
        const char *why;      /* in the error's text */
    } cases[] = {
        {"WINDOWS-1252", "\xE9\x80\n", 3, "\xC3\xA9\xE2\x82\xAC\n", ""},
        {"windows-1252", "\xE9", 1, "\xC3\xA9", ""},
        {"ISO-8859-15", "\xA4", 1, "\xE2\x82\xAC", ""},
        {"UTF-16LE", "a\0\n\0\xE9\0", 6, "a\n\xC3\xA9", ""},
        {"UTF-16",
         "\xFF\xFE"
         "a\0",
         4, "a", ""},
        {"UTF-8", "\xC3\xA9", 2, "\xC3\xA9", ""},
        {"WINDOWS-1252", "a\nb\r\nc\rd\x81", 9, NULL, "line 4: byte \\x81 is not WINDOWS-1252"},
        {"UTF-8", "a\n\xC3", 3, NULL, "line 2: the character cut off at \\xC3"},
        {"UTF-16LE", "a\0\n\0b", 5, NULL, "line 2: the character cut off at \\x62"},
        {"LATIN-9999", "a", 1, NULL, "no encoding \"LATIN-9999\""},
        {"WINDOWS-1252//IGNORE", "a", 1, NULL, "no encoding"},
        {"", "a", 1, NULL, "no encoding"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_textfile file;
        struct dbk_err err = {.text = ""};
        write_file(cases[i].in, cases[i].length);
        int code = dbk_textfile_open(&file, path, cases[i].encoding, NULL, &err);
        if ((code == 0) != (cases[i].expected != NULL) || strstr(err.text, cases[i].why) == NULL)
            fail_msg("case %zu: %d %s", i, code, err.text);
        if (code == 0) {
            assert_int_equal(file.length, strlen(cases[i].expected));
            assert_memory_equal(file.bytes, cases[i].expected, file.length);
        } else {
            assert_int_equal(code, DBK_EUSAGE);
            assert_int_equal(file.length, 0);
        }
        dbk_textfile_close(&file);
    }
}

/* Blocks end anywhere within characters, and the output of one does not fit its block. */
static void textfile_open__converts_large_files(void **state)
{
    struct dbk_textfile file;
    struct dbk_err err = {.text = ""};
    size_t count = 3000001;
    char *bytes = malloc(count + 1);
    (void)state;
    assert_non_null(bytes);
    memset(bytes, '\x80', count); /* the € sign, three bytes in UTF-8 */
    write_file(bytes, count);
    assert_int_equal(dbk_textfile_open(&file, path, "WINDOWS-1252", NULL, &err), 0);
    assert_int_equal(file.length, 3 * count);
    for (size_t i = 0; i < count; i++)
        assert_true(memcmp(file.bytes + 3 * i, "\xE2\x82\xAC", 3) == 0);
    write_file(file.bytes, file.length);
    dbk_textfile_close(&file);
    assert_int_equal(dbk_textfile_open(&file, path, "UTF-8", NULL, &err), 0);
    assert_int_equal(file.length, 3 * count);
    dbk_textfile_close(&file);
    memset(bytes, '\n', count);
    bytes[count - 1] = '\x81';
    write_file(bytes, count);
    assert_int_equal(dbk_textfile_open(&file, path, "WINDOWS-1252", NULL, &err), DBK_EUSAGE);
    assert_non_null(strstr(err.text, "line 3000001:"));
    free(bytes);
}

static void textfile_open__reads_standard_input(void **state)
{
    struct dbk_textfile file;
    struct dbk_err err;
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "piped", 5), 5);
    close(ends[1]);
    int kept = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    assert_int_equal(dbk_textfile_open(&file, "-", NULL, NULL, &err), 0);
    dup2(kept, STDIN_FILENO);
    close(kept);
    assert_int_equal(file.length, 5);
    assert_memory_equal(file.bytes, "piped", 5);
    dbk_textfile_close(&file);
}

static void textfile_open__says_why_not(void **state)
{
    struct dbk_textfile file;
    struct dbk_err err = {.text = ""};
    atomic_bool stop = true;
    (void)state;
    assert_int_equal(dbk_textfile_open(&file, "/nonexistent/x.csv", NULL, NULL, &err), DBK_EUSAGE);
    assert_non_null(strstr(err.text, "cannot read /nonexistent/x.csv: No such file"));
    assert_int_equal(dbk_textfile_open(&file, folder, NULL, NULL, &err), DBK_EUSAGE);
    assert_non_null(strstr(err.text, "is a folder"));
    write_file("a", 1);
    assert_int_equal(dbk_textfile_open(&file, path, NULL, &stop, &err), DBK_ESTOPPED);
    setenv("TMPDIR", "/nonexistent", 1);
    assert_int_equal(dbk_textfile_open(&file, path, NULL, NULL, &err), DBK_EUSAGE);
    assert_non_null(strstr(err.text, "Set TMPDIR"));
    unsetenv("TMPDIR");
    dbk_textfile_close(&file);
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(textfile_open__gives_the_bytes_as_they_are),
        cmocka_unit_test(textfile_open__is_not_touched_by_later_changes),
        cmocka_unit_test(textfile_open__converts),
        cmocka_unit_test(textfile_open__converts_large_files),
        cmocka_unit_test(textfile_open__reads_standard_input),
        cmocka_unit_test(textfile_open__says_why_not),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
