# From the output of go test -v: the line of each package, and before it, if it
# failed, what its tests said.
/^=== (RUN|PAUSE|CONT|NAME) / || /^ *--- PASS: / || /^PASS$/ { next }
/^(ok|\?) *\t/ { print; said = ""; fflush(); next }
/^FAIL\t/ { printf "%s%s\n", said, $0; said = ""; fflush(); next }
{ said = said $0 "\n" }
END { printf "%s", said }
