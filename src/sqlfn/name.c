/*
 * name.c: SQL-callable functions of names: how they are compared.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "bridge/place/fold.h"

PG_FUNCTION_INFO_V1(tv_fold);

Datum
tv_fold(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	Size		length;
	char	   *folded = tv_name_fold(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), PG_GETARG_BOOL(1), 0, &length);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(folded, length));
}
