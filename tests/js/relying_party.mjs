// One whole visit of a relying party on openid-client. Reads its orders as JSON from standard input and prints
// what it saw as JSON; an error of the library ends the process with its stack on standard error.

import * as client from "openid-client";

import { Person } from "./person.mjs";

async function readOrders() {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
}

async function authorizationUrl(config, orders, checks) {
  const build = orders.pushes ? client.buildAuthorizationUrlWithPAR : client.buildAuthorizationUrl;
  const url = await build(config, {
    redirect_uri: orders.redirect_uri,
    scope: orders.scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
  });
  return url.href;
}

function newChecks() {
  return {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
}

async function visit(orders) {
  const config = await client.discovery(
    new URL(orders.issuer),
    orders.client_id,
    { client_secret: orders.client_secret, id_token_signed_response_alg: orders.algorithm },
    client.ClientSecretBasic(orders.client_secret),
    // The server under test is on loopback, without TLS.
    { execute: [client.allowInsecureRequests] },
  );
  const person = new Person(orders);
  const checks = newChecks();

  const answer = await person.reach(orders.redirect_uri, await authorizationUrl(config, orders, checks));
  const first = await client.authorizationCodeGrant(config, new URL(answer), checks);
  const claims = first.claims();
  const userinfo = await client.fetchUserInfo(config, first.access_token, claims.sub);

  const renewed = await client.refreshTokenGrant(config, first.refresh_token);
  const whileActive = await client.tokenIntrospection(config, renewed.access_token);
  await client.tokenRevocation(config, renewed.refresh_token, { token_type_hint: "refresh_token" });
  const afterRevocation = {
    access_token: await client.tokenIntrospection(config, renewed.access_token),
    refresh_token: await client.tokenIntrospection(config, renewed.refresh_token),
  };

  const logoutState = client.randomState();
  const logout = client.buildEndSessionUrl(config, {
    id_token_hint: renewed.id_token ?? first.id_token,
    post_logout_redirect_uri: orders.post_logout_redirect_uri,
    state: logoutState,
  });
  const signedOutAt = await person.reach(orders.post_logout_redirect_uri, logout.href);
  const again = await authorizationUrl(config, orders, newChecks());

  return {
    metadata: config.serverMetadata(),
    answer,
    nonce: checks.expectedNonce,
    claims,
    userinfo,
    first,
    renewed,
    introspected_while_active: whileActive,
    introspected_after_revocation: afterRevocation,
    logout_state: logoutState,
    signed_out_at: signedOutAt,
    is_asked_for_password_afterwards: await person.isAskedForPassword(again, orders.redirect_uri),
  };
}

process.stdout.write(JSON.stringify(await visit(await readOrders())));
