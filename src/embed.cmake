# Turn INPUT into OUTPUT, a C file that defines `const char SYMBOL[]` (with a zero at its end, so
# that text can be used as a string), `const unsigned long SYMBOL_size` (without that zero) and
# `const char SYMBOL_sha256[]`, in hexadecimal; also `const char SYMBOL_gzip[]` and
# `const unsigned long SYMBOL_gzip_size`, the same compressed as far as it goes.
file(READ ${INPUT} hex HEX)
file(SHA256 ${INPUT} sha256)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
execute_process(COMMAND gzip -9nc ${INPUT} OUTPUT_FILE ${OUTPUT}.gz COMMAND_ERROR_IS_FATAL ANY)
file(READ ${OUTPUT}.gz hex_gzip HEX)
file(REMOVE ${OUTPUT}.gz)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes_gzip "${hex_gzip}")
file(WRITE ${OUTPUT}
    "extern const char ${SYMBOL}[];\nextern const unsigned long ${SYMBOL}_size;\n"
    "extern const char ${SYMBOL}_sha256[];\n"
    "const char ${SYMBOL}[] = {${bytes}'\\0'};\n"
    "const unsigned long ${SYMBOL}_size = sizeof ${SYMBOL} - 1;\n"
    "const char ${SYMBOL}_sha256[] = \"${sha256}\";\n"
    "extern const char ${SYMBOL}_gzip[];\nextern const unsigned long ${SYMBOL}_gzip_size;\n"
    "const char ${SYMBOL}_gzip[] = {${bytes_gzip}};\n"
    "const unsigned long ${SYMBOL}_gzip_size = sizeof ${SYMBOL}_gzip;\n")
