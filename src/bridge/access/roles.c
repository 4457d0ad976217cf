/*
 * roles.c: what only tv_admin may do; see roles.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"

#include "bridge/access/roles.h"

void
tv_require_admin(void)
{
	Oid			admin = get_role_oid("tv_admin", true);

	if (superuser() || (OidIsValid(admin) && has_privs_of_role(GetUserId(), admin)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("only tv_admin may do this")));
}
