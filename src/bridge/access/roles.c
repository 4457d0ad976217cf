/*
 * roles.c: what only some roles may do; see roles.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"

#include "bridge/access/roles.h"

static bool
has_rights_of(const char *role)
{
	Oid			oid = get_role_oid(role, true);

	return superuser() || (OidIsValid(oid) && has_privs_of_role(GetUserId(), oid));
}

bool
tv_is_admin(void)
{
	return has_rights_of("tv_admin");
}

void
tv_require_admin(void)
{
	if (!tv_is_admin())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only tv_admin may do this")));
}

void
tv_require_analyst(void)
{
	if (!has_rights_of("tv_analyst"))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only tv_analyst may do this")));
}

/* As timevmaps.tv_identity() has it, but for who may only grant tv_admin. */
bool
tv_speaks_for_tokens(void)
{
	Oid			session = GetSessionUserId();
	Oid			server = get_role_oid("tv_authenticator", true);
	Oid			admin = get_role_oid("tv_admin", true);

	return OidIsValid(server) && is_member_of_role_nosuper(session, server) &&
		(session == server || !OidIsValid(admin) || !has_privs_of_role(session, admin));
}

/* Such a session may take any role and be anybody: no code of others may run there. */
void
tv_require_own_session(const char *what)
{
	if (tv_speaks_for_tokens())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("%s in a session that speaks for tokens", what)));
}
