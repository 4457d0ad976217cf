// An OpenID provider on localhost by npm's oidc-provider, for test/lib/TvOidc.pm.
//
//     node oidc-provider.mjs FOLDER '{"port": 0, "keys": "FILE", "clock": SECONDS}'
//
// FOLDER has its node_modules, FILE a JWKS with private keys; the clock is so far ahead.  It prints its issuer when it is
// ready, and ends with its standard input.  Whom a login_hint names is signed in without a word; SUBJECTS says with which role.
//
// A resource is http://maps.example/AUDIENCE/ALG: an API with that audience, whose access tokens are JWTs signed by that algorithm.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , folder, given] = process.argv;
const { port = 0, keys, clock = 0 } = JSON.parse(given);
const now = Date.now;
Date.now = () => now() + clock * 1000;

console.info = console.warn = () => {};
const { Provider, errors } = await import(`${folder}/node_modules/oidc-provider/lib/index.js`);

const SUBJECTS = { ada: 'tv_analyst', bob: 'tv_player', root: 'tv_admin', robot: 'tv_analyst', owner: 'tv_owner', server: 'tv_authenticator', nul: 'tv_analyst\0' };
const subject_of = (login) => ({ long: 'x'.repeat(10240), pipe: 'timevmaps|ada', analyst: 'tv_analyst' }[login] ?? login);

const server = createServer();
await new Promise((ready) => server.listen(port, '127.0.0.1', ready));
const issuer = `http://localhost:${server.address().port}`;
const client = (client_id, grant) => ({ client_id, client_secret: `the secret of ${client_id}`, grant_types: [grant],
	response_types: grant === 'authorization_code' ? ['code'] : [], redirect_uris: grant === 'authorization_code' ? [`${issuer}/arrived`] : [] });

const provider = new Provider(issuer, {
	jwks: JSON.parse(readFileSync(keys)),
	clients: [client('web', 'authorization_code'), client('robot', 'client_credentials')],
	findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
	extraTokenClaims: (ctx, token) => ({ role: SUBJECTS[token.accountId ?? token.clientId] }),
	cookies: { keys: ['of this test alone'] },
	ttl: { AccessToken: 600, ClientCredentials: 600, AuthorizationCode: 60, IdToken: 600, Grant: 600, Interaction: 60, Session: 600 },
	features: {
		devInteractions: { enabled: false },
		clientCredentials: { enabled: true },
		resourceIndicators: {
			enabled: true,
			getResourceServerInfo(ctx, resource) {
				const [, audience, alg] = resource.match(/^http:\/\/maps\.example\/(\w+)\/(\w+)$/) ?? [];
				if (!alg)
					throw new errors.InvalidTarget();
				return { scope: 'maps', audience, accessTokenFormat: 'jwt', jwt: { sign: { alg } } };
			},
		},
	},
});

// What a page with a password and one with a question would do.
async function interact(request, response) {
	const { prompt, params, session } = await provider.interactionDetails(request, response);
	if (prompt.name === 'login')
		return provider.interactionFinished(request, response, { login: { accountId: subject_of(params.login_hint) } });
	const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
	grant.addOIDCScope(params.scope);
	grant.addResourceScope(params.resource, 'maps');
	return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}
const serve = provider.callback();
server.on('request', (request, response) => {
	if (request.url.startsWith('/interaction/'))
		interact(request, response).catch((error) => { response.statusCode = 500; response.end(String(error)); });
	else if (request.url.startsWith('/arrived'))
		response.end(request.url);
	else
		serve(request, response);
});
console.log(issuer);
process.stdin.resume().on('end', () => process.exit());
