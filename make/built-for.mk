# Objects belong to a compiler with its options, and some to a version of PostgreSQL.  A file
# built-for beside them says to which; it changes, and they are made again, only with that.

quoted = '$(subst ','\'',$1)'

# The recipe of such a file; $1 is what it is to say, in words of the shell.
define say-built-for
@text=$$(printf '%s\n' "$$($(CC) --version | head -n 1)" $1); \
	[ "$$text" = "$$(cat $@ 2>/dev/null)" ] || { mkdir -p $(@D) && printf '%s\n' "$$text" > $@; }
endef

# What all of them need is there, or is named.
check-needs:
	@bash scripts/needs.sh build

always:
.PHONY: check-needs always
