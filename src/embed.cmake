# Turn INPUT into OUTPUT, a C file that defines `const char SYMBOL[]` (with a zero at its end, so
# that text can be used as a string) and `const unsigned long SYMBOL_size` (without that zero).
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
file(WRITE ${OUTPUT}
    "extern const char ${SYMBOL}[];\nextern const unsigned long ${SYMBOL}_size;\n"
    "const char ${SYMBOL}[] = {${bytes}'\\0'};\n"
    "const unsigned long ${SYMBOL}_size = sizeof ${SYMBOL} - 1;\n")
